package importer

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Sentences are remarks that are true of several things, and are said once each, at the place of the first. The zero Sentences is
// empty and ready to use.
type Sentences struct{ list []*sentence }

type sentence struct {
	Remark
	of []string
}

// Add says that a remark is true of one thing more.
func (l *Sentences) Add(at diagnostic.Span, what, text, of string) {
	for _, known := range l.list {
		if known.What == what && known.Text == text {
			if !slices.Contains(known.of, of) {
				known.of = append(known.of, of)
			}
			return
		}
	}
	l.list = append(l.list, &sentence{Remark{at, what, text}, []string{of}})
}

// Tell hands the remarks to a part of a report, its Missing or its Look, each with the first of what it is true of.
func (l *Sentences) Tell(part func(at diagnostic.Span, what, format string, args ...any)) {
	for _, s := range l.list {
		of := strings.Join(s.of, ", ")
		if len(s.of) > 4 {
			of = fmt.Sprintf("%s and %d more", strings.Join(s.of[:3], ", "), len(s.of)-3)
		}
		part(s.At, s.What, "%s (%s)", s.Text, of)
	}
}
