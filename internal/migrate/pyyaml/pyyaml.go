// Package pyyaml reads YAML as PyYAML's safe_load does, which many tools are configured with: YAML 1.1, where yes is true,
// 010 is eight and 1:30 is ninety.
package pyyaml

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
)

// Node is a value with its place.
type Node struct {
	// Kind says which of the others is set.
	Kind Kind
	// Value is a scalar: nil, bool, int, float64 or string.
	Value any
	// Items are those of a list, and Fields those of a mapping, in the order of the file.
	Items  []*Node
	Fields []Field
	// Line and Column count from one.
	Line, Column int
}

// Field is a key with its value.
type Field struct {
	Key, Value *Node
}

// Kind is what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Scalar Kind = iota
	List
	Mapping
)

// Error is a mistake in a file.
type Error struct {
	// Line and Column count from one; they are zero where the place is not known.
	Line, Column int
	Message      string
}

// Error returns the message with its line.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

// The limits of a source.
const (
	maxSource = 4 << 20
	maxNodes  = 200_000
	maxDepth  = 100
)

// Parse reads the one document of a source. An empty one is the scalar nil. The error is of type *Error.
func Parse(source []byte) (*Node, error) {
	if len(source) > maxSource {
		return nil, &Error{Message: "the file is larger than 4 MiB"}
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, syntaxError(err)
	}
	if document.Kind == 0 {
		return &Node{Line: 1, Column: 1}, nil
	}
	r := &reader{}
	return r.read(document.Content[0], 0)
}

// place finds the line in an error of the parser.
var place = regexp.MustCompile(`line (\d+)(?:, column (\d+))?:? ?`)

func syntaxError(err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	out := &Error{Message: message}
	if m := place.FindStringSubmatchIndex(message); m != nil {
		out.Line, _ = strconv.Atoi(message[m[2]:m[3]])
		if m[4] >= 0 {
			out.Column, _ = strconv.Atoi(message[m[4]:m[5]])
		}
		out.Message = message[:m[0]] + message[m[1]:]
	}
	return out
}

// reader turns the parser's nodes into ours.
type reader struct{ nodes int }

func (r *reader) read(n *yaml.Node, depth int) (*Node, error) {
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		return nil, fail(n, "the file holds too much, or an alias holds itself")
	}
	out := &Node{Line: n.Line, Column: n.Column}
	switch n.Kind {
	case yaml.AliasNode:
		return r.read(n.Alias, depth+1)
	case yaml.SequenceNode:
		out.Kind = List
		for _, item := range n.Content {
			value, err := r.read(item, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, value)
		}
		return out, nil
	case yaml.MappingNode:
		out.Kind = Mapping
		return out, r.fields(out, n, depth)
	}
	var err error
	out.Value, err = scalar(n)
	return out, err
}

// fields reads the keys of a mapping. The last value of a duplicate key counts, and those of a merged mapping count
// only where there is no other value.
func (r *reader) fields(out *Node, n *yaml.Node, depth int) error {
	var merged []Field
	known := map[any]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value, err := r.read(n.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if n.Content[i].Value == "<<" && n.Content[i].Style&^yaml.TaggedStyle == 0 {
			more, err := merge(n.Content[i], value)
			if err != nil {
				return err
			}
			merged = append(merged, more...)
			continue
		}
		key, err := r.read(n.Content[i], depth+1)
		if err != nil {
			return err
		}
		if key.Kind != Scalar {
			return fail(n.Content[i], "a key cannot be a list or a mapping")
		}
		if at, ok := known[key.Value]; ok {
			out.Fields[at].Value = value
			continue
		}
		known[key.Value] = len(out.Fields)
		out.Fields = append(out.Fields, Field{key, value})
	}
	for _, field := range merged {
		if _, ok := known[field.Key.Value]; !ok {
			known[field.Key.Value] = len(out.Fields)
			out.Fields = append(out.Fields, field)
		}
	}
	return nil
}

func merge(at *yaml.Node, value *Node) ([]Field, error) {
	switch value.Kind {
	case Mapping:
		return value.Fields, nil
	case List:
		var all []Field
		for _, item := range value.Items {
			if item.Kind != Mapping {
				return nil, fail(at, "<< needs a mapping, or a list of them")
			}
			all = append(all, item.Fields...)
		}
		return all, nil
	}
	return nil, fail(at, "<< needs a mapping, or a list of them")
}

func fail(n *yaml.Node, format string, args ...any) error {
	return &Error{Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)}
}

// Get returns the value of a key, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, field := range n.Fields {
		if field.Key.Value == key {
			return field.Value
		}
	}
	return nil
}

// Jinja returns the value as templates have it.
func (n *Node) Jinja() any {
	switch n.Kind {
	case List:
		l := &jinja.List{}
		for _, item := range n.Items {
			l.Items = append(l.Items, item.Jinja())
		}
		return l
	case Mapping:
		d := &jinja.Dict{}
		for _, field := range n.Fields {
			_ = d.Set(field.Key.Value, field.Value.Jinja()) // a scalar is always a key
		}
		return d
	}
	return n.Value
}

// Text returns a scalar that is a text.
func (n *Node) Text() (string, error) {
	if n.Kind == Scalar {
		if s, ok := n.Value.(string); ok {
			return s, nil
		}
	}
	return "", errors.New("a text is needed here")
}
