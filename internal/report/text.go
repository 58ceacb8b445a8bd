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
	p := printer{lines: lines{source: source}, look: terminal.Look{IsColoured: colour}}
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
	if errors > 0 {
		parts = append(parts, terminal.Count(errors, "error"))
	}
	if warnings > 0 {
		parts = append(parts, terminal.Count(warnings, "warning"))
	}
	return strings.Join(parts, ", ")
}

type printer struct {
	out   bytes.Buffer
	lines lines
	look  terminal.Look
}

func (p *printer) finding(d diagnostic.Diagnostic) {
	style := terminal.BoldRed
	if d.Severity == diagnostic.Warning {
		style = terminal.BoldYellow
	}
	place, kind := terminal.Line(d.Span.String())+":", fmt.Sprintf("%s[%s]", d.Severity, d.Code)
	fmt.Fprintf(&p.out, "%s %s: %s\n", p.look.Paint(terminal.Bold, place), p.look.Paint(style, kind), terminal.Line(d.Message))
	p.excerpt(d.Span)
	for _, note := range d.Notes {
		fmt.Fprintf(&p.out, "  %s %s: %s\n", p.look.Paint(terminal.Cyan, "note:"), terminal.Line(note.Span.String()), terminal.Line(note.Message))
	}
	if d.Hint != "" {
		// A hint of several lines ends in lines to paste.
		for i, line := range strings.Split(d.Hint, "\n") {
			if i == 0 {
				fmt.Fprintf(&p.out, "  %s %s\n", p.look.Paint(terminal.Cyan, "hint:"), terminal.Line(line))
			} else {
				fmt.Fprintf(&p.out, "    %s\n", terminal.Line(line))
			}
		}
	}
}
