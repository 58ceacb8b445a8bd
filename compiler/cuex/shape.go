package cuex

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// shape is what a value may be, taken from a CUE value: at most one scalar, one list and one map form, so that the
// kind of the user's value selects the form and no disjunction ever rejects a user's input.
type shape struct {
	// doc is the comment above the field.
	doc string
	// The forms; absent ones are nil.
	scalar *scalar
	item   *shape
	object *object
}

// object is the map form of a shape: closed with fields, or open with one shape for all values.
type object struct {
	fields []field
	index  map[string]int
	// key and value describe the entries of an open map; key may be nil.
	key, value *shape
}

type field struct {
	name     string
	required bool
	// also are the names that other tools give this field.
	also  []string
	shape *shape
}

// scalar is the scalar form of a shape.
type scalar struct {
	kind tree.Kind
	// say states what the value may be.
	say string
	// values lists what the scalar may be, when it is an enumeration. hasBools says that true or false, or both, are among its words.
	values   []string
	hasBools bool
	// constraint judges a value of the right kind; it does not exist where any will do.
	constraint cue.Value
}

// kinds names the forms of a shape in the order in which users think of them.
func (s *shape) kinds() []tree.Kind {
	var kinds []tree.Kind
	if s.scalar != nil {
		kinds = append(kinds, s.scalar.kind)
		if s.scalar.hasBools {
			kinds = append(kinds, tree.Bool)
		}
	}
	if s.item != nil {
		kinds = append(kinds, tree.List)
	}
	if s.object != nil {
		kinds = append(kinds, tree.Map)
	}
	return kinds
}

// deriver takes the definitions of one CUE package apart. Its errors are mistakes in a schema, never in a user's input.
type deriver struct {
	root    cue.Value
	scalars map[string]*scalar
}

func (d *deriver) definition(name string) (*shape, error) {
	v := d.root.LookupPath(cue.MakePath(cue.Def(name)))
	if !v.Exists() {
		return nil, fmt.Errorf("the schema has no definition #%s", name)
	}
	return d.shape(v)
}

func (d *deriver) shape(v cue.Value) (*shape, error) {
	s := &shape{doc: docOf(v)}
	if err := d.add(s, v); err != nil {
		return nil, err
	}
	return s, nil
}

// add adds the forms of v: each alternative of a disjunction of unlike kinds, or v itself.
func (d *deriver) add(s *shape, v cue.Value) error {
	if op, alternatives := v.Expr(); op == cue.OrOp && !isEnumeration(alternatives) {
		for _, alternative := range alternatives {
			if err := d.add(s, alternative); err != nil {
				return err
			}
		}
		return nil
	}
	switch v.IncompleteKind() {
	case cue.StructKind:
		return d.addObject(s, v)
	case cue.ListKind:
		return d.addList(s, v)
	default:
		return d.addScalar(s, v)
	}
}

func isEnumeration(alternatives []cue.Value) bool {
	return !slices.ContainsFunc(alternatives, func(v cue.Value) bool {
		return !v.IsConcrete() || v.IncompleteKind()&(cue.StructKind|cue.ListKind) != 0
	})
}

func (d *deriver) addObject(s *shape, v cue.Value) error {
	if s.object != nil {
		return fmt.Errorf("%s has two map forms", v.Path())
	}
	s.object = &object{index: map[string]int{}}
	if values := v.LookupPath(cue.MakePath(cue.AnyString)); values.Exists() {
		return d.addEntries(s.object, v, values)
	}
	fields, err := v.Fields(cue.Optional(true))
	if err != nil {
		return fmt.Errorf("%s: %w", v.Path(), err)
	}
	for fields.Next() {
		child, err := d.shape(fields.Value())
		if err != nil {
			return err
		}
		name := fields.Selector().Unquoted()
		s.object.index[name] = len(s.object.fields)
		s.object.fields = append(s.object.fields, field{
			name: name, required: fields.FieldType()&cue.OptionalConstraint == 0, also: attribute(fields.Value(), "also"), shape: child,
		})
	}
	return nil
}

func (d *deriver) addEntries(o *object, v, values cue.Value) error {
	var err error
	if o.value, err = d.shape(values); err != nil {
		return err
	}
	if keys := attribute(v, "keys"); len(keys) == 1 {
		o.key, err = d.definition(keys[0])
	}
	return err
}

// attribute returns the arguments of @name, or nothing.
func attribute(v cue.Value, name string) []string {
	a := v.Attribute(name)
	var args []string
	for i := range a.NumArgs() {
		key, _ := a.Arg(i)
		args = append(args, key)
	}
	return args
}

func (d *deriver) addList(s *shape, v cue.Value) error {
	if s.item != nil {
		return fmt.Errorf("%s has two list forms", v.Path())
	}
	var err error
	s.item, err = d.shape(v.LookupPath(cue.MakePath(cue.AnyIndex)))
	return err
}

func (d *deriver) addScalar(s *shape, v cue.Value) error {
	if s.scalar != nil {
		return fmt.Errorf("%s has two scalar forms", v.Path())
	}
	definition := cue.Dereference(v)
	if known, ok := d.scalars[definition.Path().String()]; ok {
		s.scalar = known
		return nil
	}
	var err error
	if s.scalar, err = newScalar(v, definition); err == nil && definition.Path().String() != v.Path().String() {
		d.scalars[definition.Path().String()] = s.scalar
	}
	return err
}

func newScalar(v, definition cue.Value) (*scalar, error) {
	kinds := map[cue.Kind]tree.Kind{cue.StringKind: tree.String, cue.BoolKind: tree.Bool, cue.IntKind: tree.Int}
	isMixed := v.IncompleteKind() == cue.StringKind|cue.BoolKind
	kind, ok := kinds[v.IncompleteKind()]
	if !ok && !isMixed {
		return nil, fmt.Errorf("%s has the kind %s, which no definition may have", v.Path(), v.IncompleteKind())
	}
	if isMixed {
		kind = tree.String
	}
	s := &scalar{kind: kind, hasBools: isMixed}
	if say := attribute(definition, "say"); len(say) == 1 {
		s.say = say[0]
	}
	switch op, alternatives := definition.Expr(); {
	case op == cue.OrOp:
		s.values = literals(alternatives)
	case v.IsConcrete():
		s.values = literals([]cue.Value{v})
	case op != cue.NoOp:
		s.constraint = definition
	}
	return s, nil
}

// literals returns scalars as they are written in YAML.
func literals(values []cue.Value) []string {
	var out []string
	for _, v := range values {
		if text, err := v.String(); err == nil {
			out = append(out, text)
		} else {
			out = append(out, fmt.Sprint(v))
		}
	}
	return out
}

func docOf(v cue.Value) string {
	var text strings.Builder
	for _, group := range v.Doc() {
		text.WriteString(group.Text())
	}
	return text.String()
}
