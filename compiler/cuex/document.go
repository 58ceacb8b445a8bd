package cuex

import (
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// document turns the value into a tree, and reports every error in it.
func (e *evaluation) document() *tree.Node {
	before := len(*e.found)
	document := e.item(e.root, nil, e.places.start())
	if len(*e.found) == before && len(e.unresolved) == 0 {
		e.reportAll(e.root.Validate()) // in definitions, which are no part of the document
	}
	return document
}

// node turns a value at a path into a tree. around is the place of a value that has none of its own.
func (e *evaluation) node(s *spot, at valuePath, around diagnostic.Span) *tree.Node {
	v := s.value
	if original := s.original; original != nil && original.Kind != tree.List && original.Kind != tree.Map && v.Err() == nil {
		return original
	}
	if chosen, isDefault := v.Default(); isDefault {
		v = chosen
		s = &spot{value: v, original: s.original, givenLabel: s.givenLabel, written: s.written, own: valuePosition(v)}
	}
	n := &tree.Node{Span: around}
	if own, ok := e.places.of(s); ok {
		n.Span = own
	}
	switch kind := v.Kind(); {
	case kind == cue.StructKind, kind == cue.BottomKind && isMap(v):
		n.Kind = tree.Map
		e.fields(n, v, at)
	case kind == cue.ListKind:
		n.Kind = tree.List
		items, _ := v.List()
		for i := 0; items.Next(); i++ {
			n.Items = append(n.Items, e.item(items.Value(), at.with(strconv.Itoa(i)), n.Span))
		}
	default:
		if e.scalar(n, v, at); n.Kind == tree.Invalid {
			e.rest(n, s, at)
		}
	}
	return n
}

// isMap reports whether a value with an error is a map or list with errors in it. CUE lists the fields of a value that it cannot evaluate too: none.
func isMap(v cue.Value) bool {
	fields, err := v.Fields(cue.Optional(true))
	return err == nil && (v.Err() == nil || fields.Next())
}

func (e *evaluation) fields(n *tree.Node, parent cue.Value, at valuePath) {
	for fields, _ := parent.Fields(cue.Hidden(true)); fields.Next(); {
		v, selector := fields.Value(), fields.Selector()
		switch isMissing := fields.FieldType().ConstraintType() == cue.RequiredConstraint; {
		case isMissing:
			e.reportValue(v, at.with(selector.Unquoted()))
		case e.judgement != nil && v.Validate(cue.Concrete(true)) == nil: // only the mistakes are wanted
		case selector.LabelType() == cue.StringLabel:
			n.Fields = append(n.Fields, e.field(at.with(selector.Unquoted()), v, n.Span))
		case selector.LabelType() == cue.IndexLabel: // of a list with errors in it
			n.Kind = tree.List
			n.Items = append(n.Items, e.item(v, at.with(strconv.Itoa(selector.Index())), n.Span))
		case v.Err() != nil:
			e.reportAll(v.Validate())
		}
	}
}

func (e *evaluation) field(at valuePath, v cue.Value, around diagnostic.Span) tree.Field {
	s := e.places.spot(v, at)
	value := e.node(&s, at, around)
	return tree.Field{Name: at.last(), Span: e.places.label(&s, value.Span), Value: value}
}

func (e *evaluation) item(v cue.Value, at valuePath, around diagnostic.Span) *tree.Node {
	s := e.places.spot(v, at)
	return e.node(&s, at, around)
}

// rest adds the fields of a map that is itself an error, such as one that a rule forbids. CUE does not list them, so only those are found whose
// names somebody wrote.
func (e *evaluation) rest(n *tree.Node, s *spot, at valuePath) {
	names := slices.Clone(e.places.names)
	if s.original != nil {
		for _, field := range s.original.Fields {
			names = append(names, field.Name)
		}
	}
	slices.Sort(names)
	e.inRest++
	defer func() { e.inRest-- }()
	for _, name := range slices.Compact(names) {
		if field := s.value.LookupPath(cue.MakePath(cue.Str(name))); field.Exists() {
			n.Kind = tree.Map
			n.Fields = append(n.Fields, e.field(at.with(name), field, n.Span))
		} else if required := s.value.LookupPath(cue.MakePath(cue.Str(name).Required())); e.places.isRequired(required) {
			missing := errors.Newf(required.Pos(), requiredField)
			e.report(reason{missing, errors.Positions(missing)}, at.with(name))
		}
	}
}

func (e *evaluation) scalar(n *tree.Node, v cue.Value, at valuePath) {
	switch v.Kind() {
	case cue.NullKind:
		n.Kind = tree.Null
	case cue.BoolKind:
		b, _ := v.Bool()
		n.Kind, n.Text = tree.Bool, strconv.FormatBool(b)
	case cue.IntKind:
		i, _ := v.Int(nil)
		n.Kind, n.Text = tree.Int, i.String()
	case cue.FloatKind, cue.NumberKind:
		n.Kind, n.Text = tree.Float, asWritten(v)
	case cue.StringKind:
		n.Kind = tree.String
		n.Text, _ = v.String()
	default:
		n.Kind = tree.Invalid
		e.reportValue(v, at)
	}
}

// asWritten is a number as the user wrote it, such as 3.10, or as JSON has it.
func asWritten(v cue.Value) string {
	source := v.Source()
	if field, ok := source.(*ast.Field); ok {
		source = field.Value
	}
	if literal, ok := source.(*ast.BasicLit); ok {
		return literal.Value
	}
	text, _ := v.MarshalJSON()
	return string(text)
}

// valuePath leads from the document to a value.
type valuePath []string

func (p valuePath) with(name string) valuePath { return append(p[:len(p):len(p)], name) }

func (p valuePath) last() string { return p[len(p)-1] }

// key identifies a path.
func (p valuePath) key() string { return strings.Join(p, "\x00") }

// image returns the path of the image that a path leads into.
func (p valuePath) image() (valuePath, bool) {
	if len(p) > 1 && p[0] == "images" {
		return p[:2], true
	}
	return nil, false
}
