package bake

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// maxNodes is how many values a compose file may have with its aliases.
const maxNodes = 200_000

type nodeKind int

const (
	none nodeKind = iota
	text
	list
	fields
)

// node is a value of a compose file, with its variables put in.
type node struct {
	kind   nodeKind
	at     diagnostic.Span
	text   string
	list   []*node
	fields []nodeField
}

type nodeField struct {
	name  string
	at    diagnostic.Span
	value *node
}

// get is the value of a key; one of kind none where there is none.
func (n *node) get(key string) *node {
	for _, field := range n.fields {
		if field.name == key {
			return field.value
		}
	}
	return &node{}
}

// items are those of a list; a single text is a list of one.
func (n *node) items() []*node {
	if n.kind == text {
		return []*node{n}
	}
	return n.list
}

// texts are the texts of a list, or a single one.
func (n *node) texts() []string {
	var out []string
	for _, item := range n.items() {
		out = append(out, item.text)
	}
	return out
}

// with is a map with another value for a key.
func (n *node) with(key string, value *node) *node {
	o := &ordered{}
	o.add(n.fields...)
	o.add(nodeField{name: key, at: value.at, value: value})
	return &node{kind: fields, at: n.at, fields: o.fields}
}

// ordered are the entries of a map in their order, each name once; later ones win.
type ordered struct {
	fields []nodeField
	index  map[string]int
}

func (o *ordered) add(all ...nodeField) {
	if o.index == nil {
		o.index = map[string]int{}
	}
	for _, field := range all {
		if i, ok := o.index[field.name]; ok {
			o.fields[i] = field
			continue
		}
		o.index[field.name] = len(o.fields)
		o.fields = append(o.fields, field)
	}
}

// merge lays a value over another, as `extends` does: maps are joined, lists are appended, and everything else is replaced.
func merge(under, over *node) *node {
	switch {
	case over.kind == none:
		return under
	case under.kind == list && over.kind == list:
		return &node{kind: list, at: over.at, list: append(append([]*node{}, under.list...), over.list...)}
	case under.kind != fields || over.kind != fields:
		return over
	}
	o := &ordered{}
	o.add(under.fields...)
	for _, field := range over.fields {
		if i, ok := o.index[field.name]; ok {
			field.value = merge(o.fields[i].value, field.value)
		}
		o.add(field)
	}
	return &node{kind: fields, at: over.at, fields: o.fields}
}

// nodeReader turns YAML into nodes.
type nodeReader struct {
	*composer
	file *composeFile
	env  map[string]string
	left int
}

func (r *nodeReader) at(n *yaml.Node) diagnostic.Span {
	return diagnostic.Span{File: r.file.name, Line: n.Line, Column: n.Column}
}

func (r *nodeReader) node(n *yaml.Node, depth int) *node {
	out := &node{at: r.at(n)}
	r.left--
	if r.left < 0 || depth > maxDepth {
		if r.left >= -1 {
			r.left = -2
			r.fail(out.at, "the file holds too much, or an anchor holds itself")
		}
		return out
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 1 {
			return r.node(n.Content[0], depth)
		}
	case yaml.AliasNode:
		return r.node(n.Alias, depth+1)
	case yaml.SequenceNode:
		out.kind = list
		for _, item := range n.Content {
			out.list = append(out.list, r.node(item, depth+1))
		}
	case yaml.MappingNode:
		return r.mapping(n, out, depth)
	case yaml.ScalarNode:
		out.kind, out.text = r.scalar(n)
	}
	return out
}

// mapping reads a map. Its own entries override merged ones, and of several merged maps the first wins.
func (r *nodeReader) mapping(n *yaml.Node, out *node, depth int) *node {
	var own, merged ordered
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], r.node(n.Content[i+1], depth+1)
		if key.Value == "<<" && key.Kind == yaml.ScalarNode {
			for j := len(value.list) - 1; j >= 0; j-- {
				merged.add(value.list[j].fields...)
			}
			merged.add(value.fields...)
			continue
		}
		own.add(nodeField{key.Value, r.at(key), value})
	}
	merged.add(own.fields...)
	out.kind, out.fields = fields, merged.fields
	return out
}

// scalar is a scalar as compose has it in the environment of a build.
func (r *nodeReader) scalar(n *yaml.Node) (nodeKind, string) {
	written, err := r.expand(n.Value)
	if err != nil {
		r.fail(r.at(n), "%v", err)
	}
	if n.Tag == "!!str" || n.Style != 0 || written != n.Value {
		return text, written
	}
	var value any
	if err := n.Load(&value); err != nil {
		return text, written
	}
	switch value.(type) {
	case nil:
		return none, ""
	case bool, int, int64, uint64, float64:
		return text, fmt.Sprint(value)
	}
	return text, written
}

var variable = regexp.MustCompile(`\$\$|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}`)

// expand puts the values of variables into a text.
func (r *nodeReader) expand(written string) (string, error) {
	var mistake error
	out := variable.ReplaceAllStringFunc(written, func(use string) string {
		m := variable.FindStringSubmatch(use)
		if use == "$$" {
			return "$"
		}
		name := m[1] + m[2]
		r.file.used[name] = true
		value, isSet := r.env[name]
		isFilled := isSet && (value != "" || !strings.HasPrefix(m[3], ":"))
		other := m[4]
		if strings.Contains(other, "$") && len(other) < len(written) {
			if inner, err := r.expand(other); err == nil {
				other = inner
			}
		}
		switch strings.TrimPrefix(m[3], ":") {
		case "-":
			if !isFilled {
				return other
			}
		case "+":
			if isFilled {
				return other
			}
			return ""
		case "?":
			if !isFilled {
				mistake = fmt.Errorf("the variable %s has no value: write it into .env beside the file (%s)", name, diagnostic.Quote(other))
			}
		}
		return value
	})
	return out, mistake
}
