// Package report prints findings: as text with the source, as JSON, and as GitLab's reports.
package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Source returns the content of a file that a finding is about; it is nil where there is none.
type Source func(file string) []byte

// Text prints findings for people: place, severity, code and message, the line with a caret below, notes and hint, and at
// the end how many there are.
func Text(w io.Writer, found diagnostic.List, source Source, colour bool) error {
	p := printer{source: source, palette: plain}
	if colour {
		p.palette = coloured
	}
	errors, warnings := 0, 0
	for _, d := range found {
		if d.Severity == diagnostic.Error {
			errors++
		} else {
			warnings++
		}
		p.finding(d)
	}
	if len(found) > 0 {
		fmt.Fprintf(&p.out, "%s\n", summary(errors, warnings))
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

func summary(errors, warnings int) string {
	var parts []string
	for _, count := range []struct {
		n    int
		word string
	}{{errors, "error"}, {warnings, "warning"}} {
		switch {
		case count.n == 1:
			parts = append(parts, "1 "+count.word)
		case count.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", count.n, count.word))
		}
	}
	return strings.Join(parts, ", ")
}

// palette are the codes around the parts of a finding.
type palette struct{ bold, err, warning, hint, reset string }

var (
	plain    = palette{}
	coloured = palette{bold: "\x1b[1m", err: "\x1b[1;31m", warning: "\x1b[1;33m", hint: "\x1b[36m", reset: "\x1b[0m"}
)

type printer struct {
	out     bytes.Buffer
	source  Source
	palette palette
}

func (p *printer) finding(d diagnostic.Diagnostic) {
	colour := p.palette.err
	if d.Severity == diagnostic.Warning {
		colour = p.palette.warning
	}
	fmt.Fprintf(&p.out, "%s%s:%s %s%s[%s]%s: %s\n", p.palette.bold, d.Span, p.palette.reset, colour, d.Severity, d.Code, p.palette.reset, clean(d.Message))
	p.excerpt(d.Span)
	for _, note := range d.Notes {
		fmt.Fprintf(&p.out, "  %snote:%s %s: %s\n", p.palette.hint, p.palette.reset, note.Span, clean(note.Message))
	}
	if d.Hint != "" {
		fmt.Fprintf(&p.out, "  %shint:%s %s\n", p.palette.hint, p.palette.reset, clean(d.Hint))
	}
}

// excerpt prints the line of a place with a caret below it.
func (p *printer) excerpt(at diagnostic.Span) {
	if at.Line == 0 || at.Column == 0 {
		return
	}
	line, ok := nthLine(p.source(at.File), at.Line)
	if !ok {
		return
	}
	before, marked := cut(line, at.Column, max(at.Length, 1))
	fmt.Fprintf(&p.out, "%5d | %s\n      | %s%s\n", at.Line, before.text+marked.text+marked.rest, strings.Repeat(" ", before.width),
		p.palette.bold+"^"+strings.Repeat("~", max(marked.width, 1)-1)+p.palette.reset)
}

func nthLine(source []byte, n int) (string, bool) {
	for line := range bytes.Lines(source) {
		if n--; n == 0 {
			return strings.TrimRight(string(line), "\r\n"), true
		}
	}
	return "", false
}

// maxExcerpt is how much of a line is shown, in characters.
const maxExcerpt = 120

// piece is a part of a line as it is shown, and how wide that is.
type piece struct {
	text, rest string
	width      int
}

// cut takes a line apart at a place, shortened around it, with nothing in it that moves the cursor.
func cut(line string, column, length int) (before, marked piece) {
	runes := []rune(line)
	start := min(column-1, len(runes))
	end := min(start+length, len(runes))
	first, ellipsis := 0, ""
	if start > maxExcerpt/2 && len(runes) > maxExcerpt {
		first, ellipsis = start-maxExcerpt/2, "…"
	}
	last := min(len(runes), first+maxExcerpt)
	before.text = ellipsis + show(runes[first:start])
	before.width = width(before.text)
	marked.text = show(runes[start:max(start, min(end, last))])
	marked.width = width(marked.text)
	marked.rest = show(runes[max(start, min(end, last)):max(last, end)])
	if last < len(runes) {
		marked.rest += "…"
	}
	return before, marked
}

func show(runes []rune) string { return clean(strings.ReplaceAll(string(runes), "\t", "    ")) }

// clean replaces what is no visible character, so that a file cannot control the terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '\u00b7'
		}
		return r
	}, text)
}

// width counts the columns of a terminal: wide characters take two.
func width(text string) int {
	n := 0
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x1f300 && r <= 0x1faff {
			n++
		}
		if !unicode.Is(unicode.Mn, r) {
			n++
		}
	}
	return n
}
