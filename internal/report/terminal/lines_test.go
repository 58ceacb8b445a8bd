package terminal_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func TestLastLines(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
	}{
		"nothing":               {"", nil},
		"one line":              {"a", []string{"a"}},
		"more lines than asked": {"a\nb\nc\n", []string{"b", "c"}},
		"empty lines":           {"\na\n\n \r\n\t\nb\n\n", []string{"a", "b"}},
		"line ends of Windows":  {"a\r\nb\r\n", []string{"a", "b"}},
		"a progress bar":        {"1 %\r2 %\r\x1b[K3 %\r", []string{"3 %"}},
		"colours":               {"\x1b[1;31merror\x1b[0m: no\x1b[K\n", []string{"error: no"}},
		"a title and a link":    {"\x1b]0;title\aa\n\x1b]8;;https://example.org\x1b\\b\x1b]8;;\x1b\\\n", []string{"a", "b"}},
		"a section of a log":    {"\x1b[0Ksection_start:1:a\r\x1b[0Ktitle\n", []string{"title"}},
		"an open escape":        {"a\x1b[31\nb\x1b]0;\n", []string{"a31", "b"}},
		"no UTF-8":              {"a\xff\x00b\n", []string{"a··b"}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, terminal.LastLines(test.text, 2)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func FuzzLastLines(f *testing.F) {
	f.Add("a\x1b[31mb\rc\n\x1b]0;x")
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range terminal.LastLines(text, 3) {
			if line == "" || line != terminal.Line(line) || strings.ContainsAny(line, "\n\r\x1b") {
				t.Errorf("got the line %q", line)
			}
		}
	})
}

func TestKeepEnd(t *testing.T) {
	most := len(terminal.KeepEnd(nil, make([]byte, 1<<20)))
	if most < 1<<10 || most > 64<<10 {
		t.Errorf("KeepEnd keeps %d bytes of a long output, want a few KiB", most)
	}
	for name, test := range map[string]struct {
		end, more string
		want      string
	}{
		"short":            {"one ", "two", "one two"},
		"nothing more":     {"one", "", "one"},
		"full":             {strings.Repeat("a", most), "b", strings.Repeat("a", most-1) + "b"},
		"long in one step": {"old", strings.Repeat("a", most) + "b", strings.Repeat("a", most-1) + "b"},
	} {
		t.Run(name, func(t *testing.T) {
			got := string(terminal.KeepEnd([]byte(test.end), []byte(test.more)))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("KeepEnd (-want +got):\n%s", diff)
			}
		})
	}
}
