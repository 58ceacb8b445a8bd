package importer

import (
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Sentences are remarks that are true of several things, and are said once each, at the place of the first. The zero Sentences is
// empty and ready to use.
type Sentences struct {
	list  []*sentence
	known map[[2]string]*sentence
}

type sentence struct {
	Remark
	of []string
}

// Add says that a remark is true of one thing more. What is added twice in a row counts once.
func (l *Sentences) Add(at diagnostic.Span, what, text, of string) {
	key := [2]string{what, text}
	s := l.known[key]
	if s == nil {
		if l.known == nil {
			l.known = map[[2]string]*sentence{}
		}
		s = &sentence{Remark: Remark{at, what, text}}
		l.list, l.known[key] = append(l.list, s), s
	}
	if len(s.of) == 0 || s.of[len(s.of)-1] != of {
		s.of = append(s.of, of)
	}
}

// Tell hands the remarks to a part of a report, its Missing or its Look, each with the first things that it is about.
func (l *Sentences) Tell(part func(at diagnostic.Span, what, format string, args ...any)) {
	for _, s := range l.list {
		of := strings.Join(s.of, ", ")
		if len(s.of) > 4 {
			of = fmt.Sprintf("%s and %d more", strings.Join(s.of[:3], ", "), len(s.of)-3)
		}
		part(s.At, s.What, "%s (%s)", s.Text, of)
	}
}
