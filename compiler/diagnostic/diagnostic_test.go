package diagnostic_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		written    string
		candidates []string
		want       string
	}{
		"one letter is missing":             {"distributon", []string{"version", "distribution"}, "distribution"},
		"two letters are swapped":           {"bsae", []string{"base", "bash"}, "base"},
		"a swap at the beginning":           {"abse", []string{"base"}, "base"},
		"the first of two that are as near": {"cat", []string{"bat", "hat"}, "bat"},
		"the nearer of two":                 {"packages", []string{"package", "packages-"}, "package"},
		"the nearest comes last":            {"exec", []string{"exce-", "execs", "exec"}, "exec"},
		"a third of the letters and one":    {"abcdef", []string{"abcxyz"}, "abcxyz"},
		"more than that":                    {"abcdef", []string{"abwxyz"}, ""},
		"lengths that are too different":    {"ab", []string{"abcdef"}, ""},
		"nothing was written":               {"", []string{"a"}, "a"},
		"no candidates":                     {"a", nil, ""},
	}
	for name, test := range tests {
		got, ok := diagnostic.Nearest(test.written, test.candidates)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s: the nearest to %q of %q is %q, %v, want %q", name, test.written, test.candidates, got, ok, test.want)
		}
	}
	if got, want := diagnostic.DidYouMean("bsae", []string{"base"}), `; did you mean "base"?`; got != want {
		t.Errorf("the suggestion is %q, want %q", got, want)
	}
	if got := diagnostic.DidYouMean("x", nil); got != "" {
		t.Errorf("the suggestion of none is %q, want nothing", got)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            `""`,
		"a\nb\x1b":                    `"a\nb\x1b"`,
		strings.Repeat("é", 60):       `"` + strings.Repeat("é", 60) + `"`,
		strings.Repeat("é", 61):       `"` + strings.Repeat("é", 60) + `…"`,
		strings.Repeat("a", 59) + "é": `"` + strings.Repeat("a", 59) + `é"`,
	} {
		if got := diagnostic.Quote(text); got != want {
			t.Errorf("%q is quoted as %s, want %s", text, got, want)
		}
	}
}

func TestSpanString(t *testing.T) {
	t.Parallel()
	for want, span := range map[string]diagnostic.Span{
		"":      {},
		"a":     {File: "a"},
		"a:2":   {File: "a", Line: 2},
		"a:2:3": {File: "a", Line: 2, Column: 3, Length: 4},
	} {
		if got := span.String(); got != want {
			t.Errorf("%#v is printed as %q, want %q", span, got, want)
		}
	}
}

// TestSorted holds the order by file, line, column, code and message, and that a finding is there once.
func TestSorted(t *testing.T) {
	t.Parallel()
	at := func(file string, line, column int) diagnostic.Span {
		return diagnostic.Span{File: file, Line: line, Column: column}
	}
	var found diagnostic.List
	found.Errorf("b", at("b", 1, 1), "file")
	found.Errorf("b", at("a", 2, 1), "line")
	found.Errorf("b", at("a", 1, 2), "column")
	found.Errorf("c", at("a", 1, 1), "code")
	found.Warnf("b", at("a", 1, 1), "message %d", 2)
	found.Errorf("b", at("a", 1, 1), "message %d", 1)
	found.Errorf("b", at("a", 1, 1), "message 1").WithHint("a second hint")
	var got []string
	for _, d := range found.Sorted() {
		got = append(got, d.Severity.String()+" "+d.Span.String()+" "+string(d.Code)+" "+d.Message+d.Hint)
	}
	want := []string{"error a:1:1 b message 1", "warning a:1:1 b message 2", "error a:1:1 c code", "error a:1:2 b column", "error a:2:1 b line", "error b:1:1 b file"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sorted (-want +got): %s", diff)
	}
	if found[0].Message != "file" {
		t.Errorf("the list itself begins with %q, want it unsorted", found[0].Message)
	}
}

func TestHasErrors(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	if found.HasErrors() {
		t.Error("an empty list has errors")
	}
	found.Warnf("a", diagnostic.Span{}, "a warning")
	if found.HasErrors() {
		t.Error("a warning is an error")
	}
	found.Errorf("a", diagnostic.Span{}, "an error")
	if !found.HasErrors() {
		t.Error("an error is none")
	}
}

func TestFindingsAreBuiltUp(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	place := diagnostic.Span{File: "a", Line: 1}
	found.Errorf(diagnostic.Cycle, place, "100%% of %s", "it").WithHint("remove %d", 1).WithNote(place, "the %s note", "first").WithNote(diagnostic.Span{}, "another").WithKey("100%")
	want := diagnostic.List{{
		Code: diagnostic.Cycle, Severity: diagnostic.Error, Span: place, Message: "100% of it", Hint: "remove 1", Key: "100%",
		Notes: []diagnostic.Note{{Span: place, Message: "the first note"}, {Message: "another"}},
	}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("(-want +got): %s", diff)
	}
}

func TestCodesAreDifferent(t *testing.T) {
	t.Parallel()
	seen := map[diagnostic.Code]bool{}
	for _, code := range diagnostic.Codes() {
		if seen[code] || code == "" {
			t.Errorf("the code %q is there twice, or empty", code)
		}
		seen[code] = true
	}
}
