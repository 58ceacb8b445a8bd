package emit_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

func text(s string) *tree.Node { return &tree.Node{Kind: tree.String, Text: s} }

func TestPrintStyle(t *testing.T) {
	t.Parallel()
	n := &tree.Node{Kind: tree.Map, Fields: []tree.Field{
		{Name: ".hidden@a/b", Comment: "Two lines\nof comment.", Value: &tree.Node{Kind: tree.Map, Fields: []tree.Field{
			{Name: "image", Value: text("${CI_REGISTRY_IMAGE}/a:1")},
			{Name: "inherit", Value: &tree.Node{Kind: tree.Map, Flow: true, Fields: []tree.Field{
				{Name: "default", Value: &tree.Node{Kind: tree.Bool, Text: "false"}},
				{Name: "variables", Value: &tree.Node{Kind: tree.List, Items: []*tree.Node{text("A"), text("on")}}},
			}}},
			{Name: "script", Value: &tree.Node{Kind: tree.List, Items: []*tree.Node{text("a\nb\n"), text("  c\nd")}}},
			{Name: "rules", Value: &tree.Node{Kind: tree.List, Items: []*tree.Node{{Kind: tree.Map, Fields: []tree.Field{
				{Name: "if", Value: text("$A == \"b\"")},
				{Name: "changes", Value: &tree.Node{Kind: tree.List, Items: []*tree.Node{text("**/*")}}},
			}}}}},
			{Name: "none", Value: &tree.Node{Kind: tree.List}},
		}}},
		{Name: "build:a", Value: &tree.Node{Kind: tree.Map, Fields: []tree.Field{{Name: "version", Value: text("3.10")}}}},
	}}
	want := `# Two lines
# of comment.
.hidden@a/b:
  image: ${CI_REGISTRY_IMAGE}/a:1
  inherit: {default: false, variables: [A, "on"]}
  script:
    - |
      a
      b
    - |2-
        c
      d
  rules:
    - if: $A == "b"
      changes:
        - "**/*"
  none: []
build:a:
  version: "3.10"
`
	if diff := cmp.Diff(want, string(emit.Print(n))); diff != "" {
		t.Error(diff)
	}
}

func TestPrintQuotesWhatAnyReaderMistakes(t *testing.T) {
	t.Parallel()
	for _, s := range strings.Fields(`yes No ON off y N true FALSE null ~ = << 1 -1 +1 1.5 .5 1e3 1_000 0x1f 0o17 017 12:30 1:2:3
		2026-11-20 .inf -.INF .nan - ? : a: #a &a *a !a |a >a 'a "a %a @a [a] {a} ,a --- ... 0b1 1,000 3c59dc048e88 123e4567`) {
		if got := string(emit.Print(field(s))); !strings.HasPrefix(got, `k: "`) && !strings.HasPrefix(got, `k: '`) {
			t.Errorf("%s is printed plain: %s", s, got)
		}
	}
	for _, s := range []string{"fedora", "a:b", "a#b", "curl wget", "$A == \"b\"", ".stemma.job", "--flag", "linux/amd64", "ci/*.sh", "deadbeef", "über", "it's"} {
		if got := string(emit.Print(field(s))); s != "--flag" && got != "k: "+s+"\n" {
			t.Errorf("%s is not printed plain: %s", s, got)
		}
	}
}

func TestPrintChoosesTheQuotes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"a" b`: `'"a" b'`, `"it's"`: `'"it''s"'`, `"a` + "\x1b": `"\"a\x1b"`, `\a: b`: `'\a: b'`, "a: b": `"a: b"`, "a #b": `"a #b"`, "a:": `"a:"`, "": `""`, " a": `" a"`, "a ": `"a "`,
		"-a": "-a", "+z": "+z", ".A": ".A", "-": `"-"`, ".": `"."`, "-{": `"-{"`, ".`": "\".`\"", "+.inf": `"+.inf"`, "-.5": `"-.5"`, "9": `"9"`, "---a": `"---a"`, "...a": `"...a"`, "a\tb": `"a\tb"`,
		"\u00ff": "\u00ff", "a\u0100\u200b": `"a` + "\u0100" + `\u200b"`,
	} {
		if got := string(emit.Print(field(text))); got != "k: "+want+"\n" {
			t.Errorf("%q: got %s, want k: %s", text, got, want)
		}
	}
}

func TestPrintKeepsCommentsComments(t *testing.T) {
	t.Parallel()
	n := &tree.Node{Kind: tree.Map, Fields: []tree.Field{
		{Name: "job", Comment: "a\rb: 1\nc\u0085d: 2\n\ne\u2028f\u2029g\x1b[0m\u202eh", Value: text("x")},
	}}
	want := "# a\\rb: 1\n# c\\x85d: 2\n#\n# e\\u2028f\\u2029g\\x1b[0m\\u202eh\njob: x\n"
	if diff := cmp.Diff(want, string(emit.Print(n))); diff != "" {
		t.Error(diff)
	}
}

func TestPrintShowsWhatCannotBeSeen(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"a\u202eb": `"a\u202eb"`, "a\u200bb": `"a\u200bb"`, "a\U000e0041": `"a\U000e0041"`, "a\u0085\nb": `"a\x85\nb"`,
		"a\u00adb": `"a\xadb"`, "a\u200eb": `"a\u200eb"`, "a\u061cb": `"a\u061cb"`, "a\u2066b": `"a\u2066b"`, "a\ufeffb": `"a\ufeffb"`, "a\x7fb": `"a\x7fb"`,
		"über \U0001f600\u200d": "über \U0001f600\u200d",
	} {
		if diff := cmp.Diff("k: "+want+"\n", string(emit.Print(field(s)))); diff != "" {
			t.Errorf("%q: %s", s, diff)
		}
	}
}

// What a reviewer cannot see, or sees in another order, is escaped, from the first to the last character of each range.
func TestPrintEscapesRangesOfCharacters(t *testing.T) {
	t.Parallel()
	ranges := []struct {
		what        string
		first, last rune
	}{
		{"control characters", 0x80, 0x9f},
		{"soft hyphen", 0xad, 0xad},
		{"Arabic letter mark", 0x61c, 0x61c},
		{"zero width space", 0x200b, 0x200b},
		{"direction marks", 0x200e, 0x200f},
		{"line separators and directions", 0x2028, 0x202e},
		{"invisible operators and isolates", 0x2060, 0x206f},
		{"byte order mark", 0xfeff, 0xfeff},
		{"specials", 0xfff9, 0xfffc},
		{"tags", 0xe0000, 0xe007f},
	}
	isHidden := func(r rune) bool {
		for _, hidden := range ranges {
			if r >= hidden.first && r <= hidden.last {
				return true
			}
		}
		return r == 0x7f
	}
	for _, hidden := range ranges {
		for r := hidden.first - 1; r <= hidden.last+1; r++ {
			digits := fmt.Sprintf(map[bool]string{true: `\x%02x`, false: `\u%04x`}[r < 0x100], r)
			if r >= 0x10000 {
				digits = fmt.Sprintf(`\U%08x`, r)
			}
			want := "k: a" + string(r) + "b\n"
			if isHidden(r) {
				want = `k: "a` + digits + `b"` + "\n"
			}
			if got := string(emit.Print(field("a" + string(r) + "b"))); r != utf8.RuneError && r < 0xfffd && got != want || r >= 0xe0000 && got != want {
				t.Errorf("%U, %s: got %q, want %q", r, hidden.what, got, want)
			}
		}
	}
}

func field(s string) *tree.Node {
	return &tree.Node{Kind: tree.Map, Fields: []tree.Field{{Name: "k", Value: text(s)}}}
}

func FuzzPrint(f *testing.F) {
	for _, seed := range []string{"", " ", "a\n b\n\n", "\n\na", "a: b", "\t", "\r\n", "\u0085", "\ufeff", "\x7f", " a\n", "\n ", "a\n\tb", "- a", "0_o0", "é\U0001f600"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
			return
		}
		n := &tree.Node{Kind: tree.Map, Fields: []tree.Field{
			{Name: "k" + s, Value: &tree.Node{Kind: tree.List, Items: []*tree.Node{text(s), {Kind: tree.List, Flow: true, Items: []*tree.Node{text(s), text("z")}}}}},
			{Name: "block", Comment: s, Value: text(s)},
		}}
		printed := emit.Print(n)
		var got map[string]any
		if err := yaml.Unmarshal(printed, &got); err != nil {
			t.Fatalf("%q: %v\n%s", s, err, printed)
		}
		want := map[string]any{"k" + s: []any{s, []any{s, "z"}}, "block": s}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q:\n%s\n%s", s, diff, printed)
		}
	})
}
