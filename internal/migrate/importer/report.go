package importer

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Report says what became of everything that an import read. The zero Report is empty and ready to use.
type Report struct {
	converted []string
	missing   []Remark
	look      []Remark
}

// Remark is a sentence about a place in a file that was read.
type Remark struct {
	At diagnostic.Span
	// What is what the sentence is about, such as a key; Text says what becomes of it, without a full stop.
	What, Text string
}

// Converted says what something became, "12 images".
func (r *Report) Converted(format string, args ...any) {
	r.converted = append(r.converted, fmt.Sprintf(format, args...))
}

// Missing says that something has no counterpart, and why.
func (r *Report) Missing(at diagnostic.Span, what, format string, args ...any) {
	r.missing = append(r.missing, Remark{at, what, fmt.Sprintf(format, args...)})
}

// Look says what a person should look at.
func (r *Report) Look(at diagnostic.Span, what, format string, args ...any) {
	r.look = append(r.look, Remark{at, what, fmt.Sprintf(format, args...)})
}

// Remarks are what has no counterpart, and what a person should look at, sorted by place.
func (r *Report) Remarks() (missing, look []Remark) { return sorted(r.missing), sorted(r.look) }

// Refuse adds an error for an import that makes no image, with all that has no counterpart as its notes.
func (r *Report) Refuse(found *diagnostic.List, at diagnostic.Span, format string, args ...any) {
	d := found.Errorf(diagnostic.Import, at, format, args...)
	missing, _ := r.Remarks()
	for _, remark := range missing {
		d.WithNote(remark.At, "%s: %s", terminal.Line(remark.What), terminal.Line(remark.Text))
	}
}

// Text prints the report for people.
func (r *Report) Text(w io.Writer) error {
	var out strings.Builder
	for _, line := range r.converted {
		fmt.Fprintf(&out, "converted: %s\n", terminal.Line(line))
	}
	missing, look := r.Remarks()
	section(&out, "no counterpart", missing)
	section(&out, "look at", look)
	_, err := io.WriteString(w, out.String())
	return err
}

func section(out *strings.Builder, title string, remarks []Remark) {
	if len(remarks) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s:\n", title)
	for _, group := range grouped(remarks) {
		first := group[0]
		place := first.At.String()
		if place != "" {
			place += ": "
		}
		more := ""
		if len(group) > 1 {
			more = " (" + others(group) + ")"
		}
		fmt.Fprintf(out, "  %s%s: %s%s\n", terminal.Line(place), terminal.Line(first.What), terminal.Line(first.Text), terminal.Line(more))
	}
}

// minGroup is how many equal sentences become one line.
const minGroup = 4

// grouped are remarks with the same sentence, in the order of the first of each.
func grouped(remarks []Remark) [][]Remark {
	byText := map[string][]Remark{}
	for _, remark := range remarks {
		byText[remark.Text] = append(byText[remark.Text], remark)
	}
	var out [][]Remark
	for _, remark := range remarks {
		group := byText[remark.Text]
		switch {
		case len(group) < minGroup:
			out = append(out, []Remark{remark})
		case group[0] == remark:
			out = append(out, group)
		}
	}
	return out
}

// others are the further things and places that a sentence is about.
func others(group []Remark) string {
	var out []string
	for _, remark := range group[1:] {
		other := remark.At.String()
		if remark.What != group[0].What {
			other = strings.TrimPrefix(other+" "+remark.What, " ")
		}
		out = append(out, other)
	}
	return fmt.Sprintf("and %d more: %s", len(out), strings.Join(out, ", "))
}

func sorted(remarks []Remark) []Remark {
	out := slices.Clone(remarks)
	slices.SortStableFunc(out, func(a, b Remark) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.What, b.What), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(out)
}
