// Package shape checks documents against the definitions of the schema: keys, kinds and single values, at the user's
// positions. The shapes are prepared from the CUE schema before stemma is built, so checking starts no CUE.
package shape

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Shape is what a value may be: at most one scalar, one list and one map form, so that the kind of the user's value
// selects the form and no disjunction ever rejects an input.
type Shape struct {
	// Doc is the comment above the field.
	Doc string
	// The forms; absent ones are nil.
	Scalar *Scalar
	Item   *Shape
	Object *Object
}

// Object is the map form of a shape: closed with fields, or open with one shape for all values.
type Object struct {
	Fields []Field
	// Key and Value describe the entries of an open map; Key may be nil.
	Key, Value *Shape
}

// Field is a key of a closed map.
type Field struct {
	Name     string
	Required bool
	// Also are the names that other tools give this field.
	Also  []string
	Shape *Shape
}

// Scalar is the scalar form of a shape.
type Scalar struct {
	Kind tree.Kind
	// Say states what the value may be.
	Say string
	// Values lists what the scalar may be, when it is an enumeration. HasBools says that true or false, or both, are among them.
	Values   []string
	HasBools bool
	// Patterns are what a text must match, all of them.
	Patterns []Pattern
	// Range is what a number may be; nil allows any.
	Range *Range
}

// Pattern is a regular expression.
type Pattern struct {
	Text string
	// Runs says the same, where a text can be read once from left to right; nil where it cannot. An expression that
	// counts takes longer to compile than one definition to check.
	Runs []Run
}

// Run is a stretch of characters of one class.
type Run struct {
	// Class has the first and the last character of each range.
	Class []rune
	// Min and Max are how many there are; Max is Unlimited where there may be any number.
	Min, Max int
}

// Unlimited is the Max of a Run without one.
const Unlimited = -1

// Range is from Min to Max, both included.
type Range struct{ Min, Max int64 }

// Named is a definition of the schema: #Image is named "Image".
type Named struct {
	Name  string
	Shape Shape
}

// Definition returns the shape of a definition of the schema. The error is a fault of the compiler.
func Definition(name string) (*Shape, error) {
	for i := range prepared {
		if prepared[i].Name == name {
			return &prepared[i].Shape, nil
		}
	}
	return nil, fmt.Errorf("the schema has no definition #%s", name)
}

// field returns the field of a closed map, or nil.
func (o *Object) field(name string) *Field {
	for i := range o.Fields {
		if o.Fields[i].Name == name {
			return &o.Fields[i]
		}
	}
	return nil
}

// Kinds names the forms of a shape in the order in which users think of them.
func (s *Shape) Kinds() []tree.Kind {
	var kinds []tree.Kind
	if s.Scalar != nil {
		kinds = append(kinds, s.Scalar.Kind)
		if s.Scalar.HasBools {
			kinds = append(kinds, tree.Bool)
		}
	}
	if s.Item != nil {
		kinds = append(kinds, tree.List)
	}
	if s.Object != nil {
		kinds = append(kinds, tree.Map)
	}
	return kinds
}
