package zuul

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// frozen is a job as it runs: its definitions and those of its parents, joined.
type frozen struct {
	name string
	at   diagnostic.Span
	// chain are the definitions from the outermost parent in the tree to the job's own and what its pipeline sets.
	chain []*job
	// root is the parent that the tree does not hold, or empty.
	root   string
	rootAt diagnostic.Span
	vars   vars
	// project are the variables of the project, which all of its jobs have.
	project *node
	// attributes are the values of those that are set, the last one of each.
	attributes map[string]*node
}

// freeze joins a job's definitions. A job that the tree does not hold has only what its pipeline sets.
func (l *layout) freeze(name string, u *use) *frozen {
	f := &frozen{name: name, attributes: map[string]*node{}}
	f.chain, f.root, f.rootAt = l.chain(name)
	if len(f.chain) > 0 {
		f.at = f.chain[len(f.chain)-1].at
	}
	if u != nil {
		f.vars, f.project = f.vars.joined(u.vars), u.vars
		if u.overrides != nil && u.overrides.kind == mapping {
			f.chain = append(f.chain, &job{name: name, at: u.at, fields: u.overrides})
		}
		if f.at.Line == 0 {
			f.at = u.at
		}
	}
	for _, variant := range f.chain {
		for _, field := range variant.fields.fields {
			f.attributes[field.key] = field.value
		}
		f.vars = f.vars.joined(variant.attribute("vars"))
	}
	for _, variant := range f.chain {
		f.vars = f.vars.joined(variant.attribute("extra-vars"))
	}
	return f
}

// chain are the definitions of a job behind those of its parents. A definition for some branches is none of all.
func (l *layout) chain(name string) (chain []*job, root string, at diagnostic.Span) {
	seen := map[string]bool{}
	for at = (diagnostic.Span{}); name != ""; {
		if seen[name] {
			return chain, "", at // reported once, where circles are
		}
		seen[name] = true
		variants := l.variants[name]
		if variants == nil {
			return chain, name, at
		}
		parent := ""
		var own []*job
		for _, variant := range variants {
			if variant.attribute("branches") != nil {
				continue
			}
			own = append(own, variant)
			if set := variant.attribute("parent"); set != nil && parent == "" {
				parent, at = set.printed(), set.at
			}
		}
		chain = append(own, chain...)
		name = parent
	}
	return chain, "", at
}

// reportCircles reports jobs that are their own parents, each circle once.
func (l *layout) reportCircles() {
	done := map[string]bool{}
	for _, start := range l.names {
		var way []string
		for name := start; name != "" && !done[name]; name = l.parentOf(name) {
			if i := slices.Index(way, name); i >= 0 {
				l.found.Errorf(diagnostic.Import, l.variants[name][0].at, "jobs are each other's parents: %s", strings.Join(append(way[i:], name), " → "))
				break
			}
			way = append(way, name)
		}
		for _, name := range way {
			done[name] = true
		}
	}
}

func (l *layout) parentOf(name string) string {
	for _, variant := range l.variants[name] {
		if parent := variant.attribute("parent").printed(); parent != "" && variant.attribute("branches") == nil {
			return parent
		}
	}
	return ""
}

// attribute is the value that counts, or nil.
func (f *frozen) attribute(name string) *node { return f.attributes[name] }

// union are the values of an attribute that children add to, such as provides.
func (f *frozen) union(name string) []*node { return f.values(name, true) }

// last are the values of an attribute that children replace, such as dependencies.
func (f *frozen) last(name string) []*node { return f.values(name, false) }

// values are those of an attribute; a tag says of one value whether it adds to the parent's or replaces it.
func (f *frozen) values(name string, adds bool) []*node {
	var out []*node
	for _, variant := range f.chain {
		value := variant.attribute(name)
		if value == nil {
			continue
		}
		if value.tag == tagOverride || !adds && value.tag != tagInherit {
			out = nil
		}
		out = append(out, listed(value)...)
	}
	return out
}

// vars are variables, by name.
type vars map[string]*node

// joined are the variables with those of a child: maps are joined key by key, and of anything else the child's counts.
func (v vars) joined(child *node) vars {
	if child == nil || child.kind != mapping {
		return v
	}
	out := vars{}
	if child.tag != tagOverride {
		for name, value := range v {
			out[name] = value
		}
	}
	for _, f := range child.fields {
		out[f.key] = joinedValue(out[f.key], f.value)
	}
	return out
}

func joinedValue(parent, child *node) *node {
	if parent == nil || parent.kind != mapping || child.kind != mapping || child.tag == tagOverride {
		return child
	}
	out := &node{at: child.at, kind: mapping, fields: slices.Clone(parent.fields)}
	for _, f := range child.fields {
		i := slices.IndexFunc(out.fields, func(p field) bool { return p.key == f.key })
		if i < 0 {
			out.fields = append(out.fields, f)
			continue
		}
		f.value = joinedValue(out.fields[i].value, f.value)
		out.fields[i] = f
	}
	return out
}
