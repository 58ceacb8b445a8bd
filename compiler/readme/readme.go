// Package readme keeps the table of a project's components in its README, between two markers.
package readme

import (
	"bytes"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

// File is the README that GitLab requires of a project with components, https://docs.gitlab.com/ci/components/#directory-structure.
const File = "README.md"

// The lines that a project writes around the table. Without them, its README has none.
const (
	Begin = "<!-- stemma components -->"
	End   = "<!-- end of stemma components -->"
)

// Place is where a README has its table.
type Place struct {
	// Span is the marker that begins the table.
	Span diagnostic.Span
	// start and end are the offsets of the lines between the markers.
	start, end int
	// newline is the end of these lines.
	newline string
}

// Find finds the place of the table in a README. It reports markers that do not enclose one. Without markers there is no place, and no finding.
func Find(readme []byte, found *diagnostic.List) (Place, bool) {
	begins, ends, inCode := markers(readme)
	switch {
	case len(begins)+len(ends) == 0:
		if len(inCode) > 0 {
			found.Warnf(diagnostic.ReadmeTable, inCode[0].span(), "the marker %s is in a code block, so %s gets no table of components", inCode[0].text, File).
				WithHint("move the markers out of the code block, or close the code block above them").WithKey(File)
		}
		return Place{}, false
	case len(begins) > 1:
		reportTwice(begins, found)
	case len(ends) > 1:
		reportTwice(ends, found)
	case len(ends) == 0:
		d := found.Errorf(diagnostic.ReadmeTable, begins[0].span(), "no marker ends the table of components").
			WithHint("write the line %s below the table", End).WithKey(File)
		for _, m := range inCode {
			d.WithNote(m.span(), "a marker in a code block is text")
		}
	case len(begins) == 0, ends[0].start < begins[0].start:
		found.Errorf(diagnostic.ReadmeTable, ends[0].span(), "no marker begins the table of components").
			WithHint("write the line %s above this one", Begin).WithKey(File)
	default:
		place := Place{Span: begins[0].span(), start: begins[0].end, end: ends[0].start, newline: "\n"}
		if bytes.HasSuffix(readme[:place.start], []byte("\r\n")) {
			place.newline = "\r\n"
		}
		return place, true
	}
	return Place{}, false
}

func reportTwice(markers []marker, found *diagnostic.List) {
	found.Errorf(diagnostic.ReadmeTable, markers[1].span(), "%s has the marker %s twice", File, markers[1].text).
		WithNote(markers[0].span(), "the first one").WithHint("remove one of them: there is one table").WithKey(File)
}

// Fill returns the README with the table of the components in its place.
func (p Place) Fill(readme []byte, components []pipeline.Component) []byte {
	return bytes.Join([][]byte{readme[:p.start], []byte(table(components, p.newline)), readme[p.end:]}, nil)
}
