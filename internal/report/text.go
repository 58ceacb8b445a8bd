// Package report prints findings: as text with the source, as JSON, and as GitLab's reports.
package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Source returns the content of a file that a finding is about, or nil where there is none to show.
type Source func(file string) []byte

// Text prints findings for people: place, severity, code and message, the line with a caret below, notes and hint, and at
// the end how many there are. Nothing that a file holds can control the terminal.
func Text(w io.Writer, found diagnostic.List, source Source, colour bool) error {
	p := printer{lines: lines{source: source}, palette: plain}
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
	lines   lines
	palette palette
}

func (p *printer) finding(d diagnostic.Diagnostic) {
	colour := p.palette.err
	if d.Severity == diagnostic.Warning {
		colour = p.palette.warning
	}
	fmt.Fprintf(&p.out, "%s%s:%s %s%s[%s]%s: %s\n", p.palette.bold, terminal.Line(d.Span.String()), p.palette.reset, colour, d.Severity, d.Code, p.palette.reset, terminal.Line(d.Message))
	p.excerpt(d.Span)
	for _, note := range d.Notes {
		fmt.Fprintf(&p.out, "  %snote:%s %s: %s\n", p.palette.hint, p.palette.reset, terminal.Line(note.Span.String()), terminal.Line(note.Message))
	}
	if d.Hint != "" {
		// A hint of several lines ends in lines to paste.
		for i, line := range strings.Split(d.Hint, "\n") {
			if i == 0 {
				fmt.Fprintf(&p.out, "  %shint:%s %s\n", p.palette.hint, p.palette.reset, terminal.Line(line))
			} else {
				fmt.Fprintf(&p.out, "    %s\n", terminal.Line(line))
			}
		}
	}
}
