package cuex

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Shapes takes all definitions of the CUE package at the root of fsys apart, in the order of their names. The error is a mistake
// in the schema.
func Shapes(fsys fs.FS) ([]shape.Named, error) {
	root, err := loadPackage(fsys)
	if err != nil {
		return nil, err
	}
	d := deriver{root: root, scalars: map[string]*shape.Scalar{}}
	fields, err := root.Fields(cue.Definitions(true))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	var shapes []shape.Named
	for fields.Next() {
		if !fields.Selector().IsDefinition() {
			continue
		}
		derived, err := d.shape(fields.Value())
		if err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		shapes = append(shapes, shape.Named{Name: strings.TrimPrefix(fields.Selector().String(), "#"), Shape: *derived})
	}
	slices.SortFunc(shapes, func(a, b shape.Named) int { return strings.Compare(a.Name, b.Name) })
	return shapes, nil
}

// deriver takes the definitions of one CUE package apart. Its errors are mistakes in a schema, never in a user's input.
type deriver struct {
	root    cue.Value
	scalars map[string]*shape.Scalar
}

func (d *deriver) definition(name string) (*shape.Shape, error) {
	v := d.root.LookupPath(cue.MakePath(cue.Def(name)))
	if !v.Exists() {
		return nil, fmt.Errorf("the schema has no definition #%s", name)
	}
	return d.shape(v)
}

func (d *deriver) shape(v cue.Value) (*shape.Shape, error) {
	s := &shape.Shape{Doc: docOf(v)}
	if err := d.add(s, v); err != nil {
		return nil, err
	}
	return s, nil
}

// add adds the forms of v: each alternative of a disjunction of unlike kinds, or v itself.
func (d *deriver) add(s *shape.Shape, v cue.Value) error {
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

func (d *deriver) addObject(s *shape.Shape, v cue.Value) error {
	if s.Object != nil {
		return fmt.Errorf("%s has two map forms", v.Path())
	}
	s.Object = &shape.Object{}
	fields, err := v.Fields(cue.Optional(true), cue.Patterns(true))
	if err != nil {
		return fmt.Errorf("%s: %w", v.Path(), err)
	}
	for fields.Next() {
		if fields.FieldType().ConstraintType() == cue.PatternConstraint {
			return d.addEntries(s.Object, fields.Selector().Pattern(), fields.Value())
		}
		child, err := d.shape(fields.Value())
		if err != nil {
			return err
		}
		name := fields.Selector().Unquoted()
		s.Object.Fields = append(s.Object.Fields, shape.Field{
			Name: name, Required: fields.FieldType()&cue.OptionalConstraint == 0, Also: attribute(fields.Value(), "also"), Shape: child,
		})
	}
	return nil
}

// addEntries adds the keys and values of an open map. The pattern of its keys is a definition, or any text.
func (d *deriver) addEntries(o *shape.Object, pattern, values cue.Value) error {
	var err error
	if o.Value, err = d.shape(values); err != nil {
		return err
	}
	if way := pattern.Path().Selectors(); len(way) > 0 && way[len(way)-1].IsDefinition() {
		o.Key, err = d.definition(strings.TrimPrefix(way[len(way)-1].String(), "#"))
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

func (d *deriver) addList(s *shape.Shape, v cue.Value) error {
	if s.Item != nil {
		return fmt.Errorf("%s has two list forms", v.Path())
	}
	var err error
	s.Item, err = d.shape(v.LookupPath(cue.MakePath(cue.AnyIndex)))
	return err
}

func (d *deriver) addScalar(s *shape.Shape, v cue.Value) error {
	if s.Scalar != nil {
		return fmt.Errorf("%s has two scalar forms", v.Path())
	}
	definition := cue.Dereference(v)
	if known, ok := d.scalars[definition.Path().String()]; ok {
		s.Scalar = known
		return nil
	}
	var err error
	if s.Scalar, err = newScalar(v, definition); err == nil && definition.Path().String() != v.Path().String() {
		d.scalars[definition.Path().String()] = s.Scalar
	}
	return err
}

func newScalar(v, definition cue.Value) (*shape.Scalar, error) {
	kinds := map[cue.Kind]tree.Kind{cue.StringKind: tree.String, cue.BoolKind: tree.Bool, cue.IntKind: tree.Int}
	isMixed := v.IncompleteKind() == cue.StringKind|cue.BoolKind
	kind, ok := kinds[v.IncompleteKind()]
	if !ok && !isMixed {
		return nil, fmt.Errorf("%s has the kind %s, which no definition may have", v.Path(), v.IncompleteKind())
	}
	if isMixed {
		kind = tree.String
	}
	s := &shape.Scalar{Kind: kind, HasBools: isMixed}
	if say := attribute(definition, "say"); len(say) == 1 {
		s.Say = say[0]
	}
	switch op, alternatives := definition.Expr(); {
	case op == cue.OrOp:
		s.Values = literals(alternatives)
	case v.IsConcrete():
		s.Values = literals([]cue.Value{v})
	default:
		return s, constrain(s, definition)
	}
	return s, nil
}

// constrain takes over the constraint of a scalar: regular expressions of a text, bounds of a number.
func constrain(s *shape.Scalar, v cue.Value) error {
	op, args := v.Expr()
	switch op {
	case cue.NoOp:
		return nil
	case cue.AndOp:
		for _, arg := range args {
			if err := constrain(s, arg); err != nil {
				return err
			}
		}
		return nil
	case cue.RegexMatchOp:
		pattern, err := args[0].String()
		s.Patterns = append(s.Patterns, shape.Pattern{Text: pattern, Runs: runsOf(pattern)})
		return err
	case cue.GreaterThanEqualOp, cue.LessThanEqualOp:
		bound, err := args[0].Int64()
		if s.Range == nil {
			s.Range = &shape.Range{Min: math.MinInt64, Max: math.MaxInt64}
		}
		if op == cue.GreaterThanEqualOp {
			s.Range.Min = bound
		} else {
			s.Range.Max = bound
		}
		return err
	default:
		return fmt.Errorf("%s has a constraint with %s, which shapes do not have", v.Path(), op)
	}
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
