package ciyaml

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Kind says what a Value is.
type Kind uint8

// The kinds of values. Numbers, truth values and text are all Text, as variables have them.
const (
	Null Kind = iota
	Text
	List
	Map
	// Reference is a !reference tag. Where Read leaves one it names what was not read.
	Reference
)

// Type says what a Text was in the file: GitLab takes true in some places and "true" in others.
type Type uint8

// The types of texts.
const (
	String Type = iota
	Boolean
	Integer
	Float
	// Nothing is what a name without quotes is that YAML reads as null. As a value, null has a Kind.
	Nothing
)

// Value is a value of a file, with its place. Values are shared: they are never changed once they are read.
type Value struct {
	Kind Kind
	// Text is the text of a Text, as Ruby prints what was read: 1.10 is "1.1".
	Text string
	// Type is what a Text was.
	Type Type
	// Items are those of a List, or the names of a Reference.
	Items []*Value
	// Fields are those of a Map, in their order, each name once.
	Fields []Field
	At     diagnostic.Span
	// IsBlock says that a Text is written behind `|`: its lines begin below At.
	IsBlock bool
}

// Field is an entry of a Map.
type Field struct {
	Name string
	// Type is what the name was: GitLab does not take `yes` as the name of a variable.
	Type  Type
	At    diagnostic.Span
	Value *Value
}

// Get returns the value of a key, or nil where there is none or it is null. It may be called on nil.
func (v *Value) Get(key string) *Value {
	if i := v.find(key); i >= 0 && v.Fields[i].Value.Kind != Null {
		return v.Fields[i].Value
	}
	return nil
}

func (v *Value) find(key string) int {
	if v == nil || v.Kind != Map {
		return -1
	}
	for i := range v.Fields {
		if v.Fields[i].Name == key {
			return i
		}
	}
	return -1
}

// String is the text of a Text, and empty for everything else. It may be called on nil.
func (v *Value) String() string {
	if v == nil || v.Kind != Text {
		return ""
	}
	return v.Text
}

// Is reports whether a value is a Text of a type. It may be called on nil.
func (v *Value) Is(t Type) bool { return v != nil && v.Kind == Text && v.Type == t }

// OneOrMore returns the items of a List, and any other value as the only one. It may be called on nil, which has none.
func (v *Value) OneOrMore() []*Value {
	switch {
	case v == nil:
		return nil
	case v.Kind == List:
		return v.Items
	}
	return []*Value{v}
}

// Texts are the texts of a value, of its items and of theirs, up to ten deep, as GitLab reads scripts.
func (v *Value) Texts() []string { return v.texts(nil, 10) }

func (v *Value) texts(out []string, depth int) []string {
	switch {
	case v == nil || depth < 0:
	case v.Kind == Text:
		out = append(out, v.Text)
	case v.Kind == List:
		for _, item := range v.Items {
			out = item.texts(out, depth-1)
		}
	}
	return out
}

// Unknown names the keys of a Map that are not allowed, in their order, or is empty.
func (v *Value) Unknown(allowed ...string) string {
	if v == nil {
		return ""
	}
	var unknown []string
	for _, field := range v.Fields {
		if !slices.Contains(allowed, field.Name) {
			unknown = append(unknown, field.Name)
		}
	}
	return strings.Join(unknown, ", ")
}

// Has reports whether a Map has a key, even where its value is null. It may be called on nil.
func (v *Value) Has(key string) bool { return v.find(key) >= 0 }

// Field returns the value of a key, which may be null, or nil where there is none. It may be called on nil.
func (v *Value) Field(key string) *Value {
	if i := v.find(key); i >= 0 {
		return v.Fields[i].Value
	}
	return nil
}
