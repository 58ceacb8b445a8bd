package ciyaml

import "gitlab.com/stemma-ci/stemma/compiler/diagnostic"

// The limits of a pipeline: GitLab refuses larger files, and aliases and references can make a small file endless.
const (
	maxBytes  = 2 << 20
	maxValues = 1_000_000
	maxMerged = 10_000_000
	maxDepth  = 100
)

// budget counts values, so that an endless expansion is stopped. It is reported once.
type budget struct {
	left  int
	of    string
	found *diagnostic.List
}

// spend subtracts n. It reports whether something is left.
func (b *budget) spend(at diagnostic.Span, n int) bool {
	if b.left >= 0 && b.left < n {
		b.found.Errorf(diagnostic.Import, at, "with its aliases, references and `extends` the file has too many %s", b.of)
	}
	b.left = max(b.left-n, -1)
	return b.left >= 0
}

// Loader reads the files of one pipeline and merges their values, within limits for all of them together.
type Loader struct {
	found        diagnostic.List
	budget, work budget
}

// NewLoader returns a loader that has read nothing.
func NewLoader() *Loader {
	l := &Loader{}
	l.budget = budget{left: maxValues, of: "values", found: &l.found}
	l.work = budget{left: maxMerged, of: "merged keys", found: &l.found}
	return l
}

// Found returns the mistakes that were found so far.
func (l *Loader) Found() diagnostic.List { return l.found.Sorted() }

// Documents returns the documents of a file. Found has the mistakes in them.
func (l *Loader) Documents(file string, content []byte) []*Value {
	p := &parser{file: file, found: &l.found, budget: &l.budget}
	return p.parse(content)
}

// Complete merges each job with the jobs that it extends, and replaces references by their values.
func (l *Loader) Complete(top *Value) *Value {
	r := &reader{Loader: l, pipeline: &Pipeline{}}
	return r.resolve(newExtender(r, top).all())
}

// Merge merges two values: maps key by key, and of anything else the second one.
func (l *Loader) Merge(under, over *Value) *Value {
	if under.Kind != Map || over.Kind != Map || !l.work.spend(over.At, len(under.Fields)+len(over.Fields)) {
		return over
	}
	out := &Value{Kind: Map, At: over.At, Fields: make([]Field, len(under.Fields), len(under.Fields)+len(over.Fields))}
	index := make(map[string]int, cap(out.Fields))
	for i, field := range under.Fields {
		out.Fields[i], index[field.Name] = field, i
	}
	for _, field := range over.Fields {
		i, ok := index[field.Name]
		if !ok {
			out.Fields = append(out.Fields, field)
			continue
		}
		field.Value = l.Merge(out.Fields[i].Value, field.Value)
		out.Fields[i] = field
	}
	return out
}

func (l *Loader) fail(at diagnostic.Span, format string, args ...any) *diagnostic.Diagnostic {
	return l.found.Errorf(diagnostic.Import, at, format, args...)
}
