package report

import (
	"fmt"
	"strings"
	"unicode"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// maxExcerpt is how much of a line is shown, in characters.
const maxExcerpt = 120

// excerpt prints the line of a place with a caret below it.
func (p *printer) excerpt(at diagnostic.Span) {
	if at.Line == 0 || at.Column == 0 {
		return
	}
	line, ok := p.lines.line(at.File, at.Line)
	if !ok {
		return
	}
	before, marked, after := cut(line, at.Column-1, max(at.Length, 1))
	fmt.Fprintf(&p.out, "%5d | %s%s%s\n", at.Line, before, marked, after)
	caret := "^" + strings.Repeat("~", max(width(marked), 1)-1)
	fmt.Fprintf(&p.out, "      | %s%s\n", strings.Repeat(" ", width(before)), p.look.Paint(terminal.Bold, caret))
}

// cut takes a line apart at the characters that are marked, and shortens it around their beginning.
func cut(line string, start, length int) (before, marked, after string) {
	characters := []rune(line)
	start = min(start, len(characters))
	first := 0
	if start > maxExcerpt/2 && len(characters) > maxExcerpt {
		first = start - maxExcerpt/2
	}
	last := min(len(characters), first+maxExcerpt)
	end := min(start+length, last)
	before, marked, after = show(characters[first:start]), show(characters[start:end]), show(characters[end:last])
	if first > 0 {
		before = "…" + before
	}
	if last < len(characters) {
		after += "…"
	}
	return before, marked, after
}

func show(characters []rune) string {
	return terminal.Line(strings.ReplaceAll(string(characters), "\t", "    "))
}

// width counts the columns of a terminal: wide characters take two, marks on the character before them none.
func width(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case unicode.Is(wide, r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide are the characters that a terminal shows in two columns: East Asian scripts with their punctuation and full-width
// forms, and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}
