// Package problem collects the reasons for which GitLab refuses a pipeline, with the places of their causes.
package problem

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Problem is a reason for which GitLab refuses a pipeline.
type Problem struct {
	// At is where the cause is. It is the zero Span where no place is known.
	At diagnostic.Span
	// Message says what is wrong, as GitLab's message does.
	Message string
	// Hint says what to write instead, or is empty.
	Hint string
}

func (p Problem) String() string {
	if p.At == (diagnostic.Span{}) {
		return p.Message
	}
	return p.At.String() + ": " + p.Message
}

// List is a list of problems. A nil list is good to read and to add to.
type List []Problem

// Addf adds a problem. The result is good until the next one is added.
func (l *List) Addf(at diagnostic.Span, format string, args ...any) *Problem {
	*l = append(*l, Problem{At: at, Message: fmt.Sprintf(format, args...)})
	return &(*l)[len(*l)-1]
}

// WithHint says what to write instead.
func (p *Problem) WithHint(format string, args ...any) { p.Hint = fmt.Sprintf(format, args...) }

// AddFound adds what reading YAML found, but not twice.
func (l *List) AddFound(found diagnostic.List) {
	for _, f := range found {
		p := Problem{At: f.Span, Message: f.Message, Hint: f.Hint}
		if !slices.Contains(*l, p) {
			*l = append(*l, p)
		}
	}
}

// String has one line for each problem.
func (l List) String() string {
	lines := make([]string, len(l))
	for i, p := range l {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
