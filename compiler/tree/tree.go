// Package tree is a document as values with positions: what a definition is read into, whichever language it was
// written in, and what is printed as YAML.
package tree

import "gitlab.com/stemma-ci/stemma/compiler/diagnostic"

// Kind is the kind of a value.
type Kind uint8

// The kinds of values. Time is a plain YAML scalar that YAML 1.1 takes for a date.
const (
	Null Kind = iota
	Bool
	Int
	Float
	Time
	String
	List
	Map
	// Invalid is a value that cannot be known. It has been reported.
	Invalid
)

// String names the kind as users do.
func (k Kind) String() string {
	return [...]string{"nothing", "a boolean", "a whole number", "a number", "a date", "text", "a list", "a map", "nothing"}[k]
}

// Node is one value.
type Node struct {
	Kind Kind
	// Flow prints a list or map on one line.
	Flow bool
	// Text is a string's value, or the source text of any other scalar.
	Text string
	// Span is the place of the value; for a list or a map, of its beginning.
	Span diagnostic.Span
	// Items are the values of a list.
	Items []*Node
	// Fields are the entries of a map, in the order of the source.
	Fields []Field
}

// Field is one entry of a map.
type Field struct {
	Name string
	// NameKind is what YAML takes the name for where it is not text, such as "on" or "3.10" without quotes; Null otherwise.
	NameKind Kind
	// Span is the place of the name.
	Span diagnostic.Span
	// Comment is printed above the entry, each of its lines behind "# ".
	Comment string
	Value   *Node
}

// Get returns the value of a map's field, or nil.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	if field := n.Field(name); field != nil {
		return field.Value
	}
	return nil
}

// FieldSpan returns the place of the name of a map's field, or the beginning of the map.
func (n *Node) FieldSpan(name string) diagnostic.Span {
	if field := n.Field(name); field != nil {
		return field.Span
	}
	return n.Span
}

// Field returns the first field of a map with a name, or nil.
func (n *Node) Field(name string) *Field {
	for i := range n.Fields {
		if n.Fields[i].Name == name {
			return &n.Fields[i]
		}
	}
	return nil
}
