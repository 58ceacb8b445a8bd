package terminal_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

func TestNothingControlsATerminal(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, line, lines string }{
		"plain text":              {"gcc → 14.2 · größer 漢", "gcc → 14.2 · größer 漢", "gcc → 14.2 · größer 漢"},
		"a colour":                {"\x1b[31mred", "·[31mred", "·[31mred"},
		"a C1 code":               {"\u009b31mred", "·31mred", "·31mred"},
		"a section of a job log":  {"\x1b[0Ksection_start:1:a\r\x1b[0Kb", "·[0Ksection_start:1:a··[0Kb", "·[0Ksection_start:1:a··[0Kb"},
		"lines":                   {"a\n\tb", "a··b", "a\n\tb"},
		"a carriage return":       {"ok\rFAIL", "ok·FAIL", "ok·FAIL"},
		"an order of the letters": {"a\u202eb", "a·b", "a·b"},
		"no UTF-8":                {"a\xffb", "a·b", "a·b"},
	}
	for name, test := range tests {
		if got := terminal.Line(test.text); got != test.line {
			t.Errorf("%s: the line is %q, want %q", name, got, test.line)
		}
		if got := terminal.Text(test.text); got != test.lines {
			t.Errorf("%s: the text is %q, want %q", name, got, test.lines)
		}
	}
}

// An encoder of XML replaces what XML cannot hold.
func TestXMLHoldsEverythingThatIsShown(t *testing.T) {
	t.Parallel()
	var all, escaped strings.Builder
	for r := range unicode.MaxRune + 1 {
		all.WriteRune(r)
	}
	if err := xml.EscapeText(&escaped, []byte(terminal.Text(all.String()))); err != nil {
		t.Fatal(err)
	}
	if before, _, isReplaced := strings.Cut(escaped.String(), string(unicode.ReplacementChar)); isReplaced {
		t.Errorf("what follows %q is not a character that XML can hold", before[max(0, len(before)-20):])
	}
}
