package ciyaml

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// maxLevels is how many jobs with `extends` a chain may have.
const maxLevels = 11

// extender merges jobs with the jobs that they extend.
type extender struct {
	*reader
	top   *Value
	names []string
	index map[string]int
	done  map[string]*extended
	// active are the jobs that are being merged, each extending the next.
	active []string
}

// extended is a job merged with the jobs that it extends.
type extended struct {
	value   *Value
	parents []Parent
	// levels is how many jobs of its longest chain extend others.
	levels int
}

func newExtender(r *reader, top *Value) *extender {
	e := &extender{reader: r, top: top, index: map[string]int{}, done: map[string]*extended{}}
	for i, field := range top.Fields {
		e.index[field.Name] = i
		if isJob(field) {
			e.names = append(e.names, field.Name)
		}
	}
	return e
}

// all returns the configuration with every job merged.
func (e *extender) all() *Value {
	out := &Value{Kind: Map, At: e.top.At, Fields: slices.Clone(e.top.Fields)}
	for i, field := range out.Fields {
		if isJob(field) {
			out.Fields[i].Value = e.extend(field.Name).value
		}
	}
	return out
}

func (e *extender) parentsOf(name string) []Parent { return e.extend(name).parents }

// extend merges a job of the file.
func (e *extender) extend(name string) *extended {
	if done, ok := e.done[name]; ok {
		return done
	}
	own := e.top.Fields[e.index[name]].Value
	out := &extended{value: &Value{Kind: Map, At: own.At}}
	seen := map[string]bool{}
	e.active = append(e.active, name)
	for _, parent := range e.parents(name, own.Get("extends")) {
		base := e.base(name, &parent)
		out.levels = max(out.levels, base.levels+1)
		out.value = e.Merge(out.value, base.value)
		for _, p := range append(slices.Clone(base.parents), parent) {
			if !seen[p.Name] {
				seen[p.Name] = true
				out.parents = append(out.parents, p)
			}
		}
	}
	e.active = e.active[:len(e.active)-1]
	if out.levels == maxLevels+1 {
		e.fail(own.Get("extends").At, "%s is in a chain of more than %d jobs that extend each other", diagnostic.Quote(name), maxLevels).
			WithHint("write the keys of some of them in the job itself")
	}
	out.value = e.Merge(out.value, own)
	e.done[name] = out
	return out
}

// parents are the names in an `extends`.
func (e *extender) parents(name string, v *Value) []Parent {
	var out []Parent
	for _, item := range v.OneOrMore() {
		if item.Kind != Text {
			e.fail(item.At, "%s extends what is not the name of a job", diagnostic.Quote(name)).WithHint("write the name of a job")
			continue
		}
		out = append(out, Parent{Name: item.Text, At: item.At})
	}
	return out
}

// base is what a job extends: a job of the files, or one that is known from elsewhere. One of a file that was not read is empty.
func (e *extender) base(name string, parent *Parent) *extended {
	empty := &extended{value: &Value{Kind: Map, At: parent.At}}
	if i := slices.Index(e.active, parent.Name); i >= 0 {
		e.fail(parent.At, "the job %s extends itself: %s", diagnostic.Quote(parent.Name), strings.Join(append(slices.Clone(e.active[i:]), parent.Name), " → ")).
			WithHint("remove one of them from `extends`")
		return empty
	}
	if i, ok := e.index[parent.Name]; ok && e.top.Fields[i].Value.Kind == Map {
		return e.extend(parent.Name)
	}
	if e.source.Elsewhere != nil && (e.known || e.isPartial) {
		if known, ok := e.source.Elsewhere.Job(parent.Name); ok {
			empty.value = known
			return empty
		}
	}
	parent.IsUnread = true
	if !e.isPartial && !IsOpen(parent.Name) {
		e.fail(parent.At, "%s extends %s, which is nowhere%s", diagnostic.Quote(name), diagnostic.Quote(parent.Name), diagnostic.DidYouMean(parent.Name, e.names)).
			WithHint("write the name of a job that exists, or remove it from `extends`")
	}
	return empty
}
