package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report"
)

func text(t *testing.T, found diagnostic.List, source string, colour bool) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Text(&out, found, func(string) []byte { return []byte(source) }, colour); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestText(t *testing.T) {
	t.Parallel()
	at := func(line, column, length int) diagnostic.Span {
		return diagnostic.Span{File: "stemma.yaml", Line: line, Column: column, Length: length}
	}
	tests := map[string]struct {
		add    func(*diagnostic.List)
		source string
		want   string
	}{
		"nothing": {func(*diagnostic.List) {}, "", ""},
		"all its parts": {
			func(l *diagnostic.List) {
				l.Errorf(diagnostic.UnknownKey, at(2, 3, 5), `unknown key "bsae"`).WithHint("remove it").WithNote(at(1, 1, 0), "the image")
			}, "images:\n  bsae: x\n",
			"stemma.yaml:2:3: error[unknown-key]: unknown key \"bsae\"\n" +
				"    2 |   bsae: x\n" +
				"      |   ^~~~~\n" +
				"  note: stemma.yaml:1:1: the image\n" +
				"  hint: remove it\n" +
				"1 error\n",
		},
		"a hint with lines to paste": {
			func(l *diagnostic.List) {
				l.Warnf(diagnostic.Untracked, diagnostic.Span{File: "a"}, "x").WithHint("add to b:\nc:\n  - \x1bd")
			}, "",
			"a: warning[untracked]: x\n  hint: add to b:\n    c:\n      - ·d\n1 warning\n",
		},
		"a warning for a whole file": {
			func(l *diagnostic.List) {
				l.Warnf(diagnostic.Untracked, diagnostic.Span{File: "a"}, "git does not have a")
			}, "",
			"a: warning[untracked]: git does not have a\n1 warning\n",
		},
		"several of both": {
			func(l *diagnostic.List) {
				l.Errorf(diagnostic.Syntax, diagnostic.Span{File: "a"}, "x")
				l.Errorf(diagnostic.Syntax, diagnostic.Span{File: "b"}, "x")
				l.Warnf(diagnostic.Untracked, diagnostic.Span{File: "c"}, "x")
			}, "",
			"a: error[syntax]: x\nb: error[syntax]: x\nc: warning[untracked]: x\n2 errors, 1 warning\n",
		},
		"a line that the source does not have": {
			func(l *diagnostic.List) { l.Errorf(diagnostic.Syntax, at(9, 1, 1), "x") }, "a\n",
			"stemma.yaml:9:1: error[syntax]: x\n1 error\n",
		},
		"a place behind the end of the line": {
			func(l *diagnostic.List) { l.Errorf(diagnostic.Syntax, at(1, 9, 4), "x") }, "ab\r\n",
			"stemma.yaml:1:9: error[syntax]: x\n    1 | ab\n      |   ^\n1 error\n",
		},
		"tabs and wide characters before the place": {
			func(l *diagnostic.List) { l.Errorf(diagnostic.Syntax, at(1, 5, 2), "x") }, "\t像é🙂ok",
			"stemma.yaml:1:5: error[syntax]: x\n    1 |     像é🙂ok\n      |          ^~\n1 error\n",
		},
		"a wide character at the place": {
			func(l *diagnostic.List) { l.Errorf(diagnostic.Syntax, at(1, 1, 1), "x") }, "像",
			"stemma.yaml:1:1: error[syntax]: x\n    1 | 像\n      | ^~\n1 error\n",
		},
		"control characters anywhere": {
			func(l *diagnostic.List) {
				span := diagnostic.Span{File: "a\x1b[2Jb", Line: 1, Column: 1}
				l.Errorf(diagnostic.Syntax, span, "m\x1b]0;t\a").WithHint("h\u202e").WithNote(span, "n\r")
			}, "\x1b[31m\xff",
			"a·[2Jb:1:1: error[syntax]: m·]0;t·\n    1 | ·[31m·\n      | ^\n  note: a·[2Jb:1:1: n·\n  hint: h·\n1 error\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			test.add(&found)
			if diff := cmp.Diff(test.want, text(t, found, test.source, false)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTextCutsLongLinesAroundThePlace(t *testing.T) {
	t.Parallel()
	source := strings.Repeat("a", 5000) + "bad" + strings.Repeat("c", 5000)
	for name, length := range map[string]int{"a short mark": 3, "a mark as long as the line": 10003} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			found.Errorf(diagnostic.Syntax, diagnostic.Span{File: "f", Line: 1, Column: 5001, Length: length}, "x")
			lines := strings.Split(text(t, found, source, false), "\n")
			excerpt, caret := []rune(lines[1]), strings.IndexByte(lines[2], '^')
			if string(excerpt[caret:caret+3]) != "bad" {
				t.Errorf("the caret is not below the place:\n%s\n%s", lines[1], lines[2])
			}
			if len(excerpt) > 140 || len(lines[2]) > 140 || !strings.Contains(lines[1], "| …a") || !strings.HasSuffix(lines[1], "c…") {
				t.Errorf("the line is not cut:\n%s\n%s", lines[1], lines[2])
			}
		})
	}
}

func TestTextIsColouredOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	found.Errorf(diagnostic.Syntax, diagnostic.Span{File: "f", Line: 1, Column: 1}, "x").WithHint("y")
	if got := text(t, found, "a\n", false); strings.Contains(got, "\x1b") {
		t.Errorf("colour in %q", got)
	}
	coloured := text(t, found, "a\n", true)
	if strings.Count(coloured, "\x1b[0m") == 0 || strings.Count(coloured, "\x1b[") != 2*strings.Count(coloured, "\x1b[0m") {
		t.Errorf("no colour, or one that does not end, in %q", coloured)
	}
}
