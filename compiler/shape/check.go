package shape

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Checker checks documents. It is not safe for concurrent use.
type Checker struct{ constraints constraints }

// NewChecker returns a Checker of the definitions of the schema.
func NewChecker() *Checker { return &Checker{newConstraints()} }

// Check reports everything in a document that #name of the schema does not allow: duplicate, unknown and missing keys,
// values of the wrong kind, and values that their constraint refuses. The error is a fault of the compiler.
func (c *Checker) Check(name string, document *tree.Node, found *diagnostic.List) error {
	s, err := Definition(name)
	if err != nil {
		return err
	}
	check{c.constraints, found}.value(s, document, nil)
	return nil
}

type check struct {
	constraints constraints
	found       *diagnostic.List
}

func (c check) value(s *Shape, n *tree.Node, at *path) {
	switch {
	case n.Kind == tree.Invalid:
	case n.Kind == tree.Map && s.Object != nil:
		c.object(s.Object, n, at)
	case n.Kind == tree.List && s.Item != nil:
		for i, item := range n.Items {
			c.value(s.Item, item, at.item(i))
		}
	case n.Kind < tree.List && n.Kind != tree.Null && s.Scalar != nil:
		c.scalar(s, n, at)
	default:
		c.wrongKind(s, n, at)
	}
}

func (c check) object(o *Object, n *tree.Node, at *path) {
	first := newNames(n)
	for i := range n.Fields {
		entry := &n.Fields[i]
		if original := first.of(entry.Name); original != entry {
			c.found.Errorf(diagnostic.DuplicateKey, entry.Span, "duplicate key %s", diagnostic.Quote(entry.Name)).
				WithNote(original.Span, "first defined here").WithHint("remove one of them").WithKey(at.key(entry.Name).String())
			continue
		}
		if o.Value != nil {
			c.entry(o, entry, at.key(entry.Name))
		} else if f := o.field(entry.Name); f != nil {
			c.value(f.Shape, entry.Value, at.key(entry.Name))
		} else {
			c.unknownKey(o, entry, at)
		}
	}
	for i := range o.Fields {
		if f := &o.Fields[i]; f.Required && first.of(f.Name) == nil {
			c.missingKey(f, n, at)
		}
	}
}

// entry checks an entry of an open map, whose key is the user's own.
func (c check) entry(o *Object, entry *tree.Field, at *path) {
	if o.Key != nil {
		key := &tree.Node{Kind: tree.String, Text: entry.Name, Span: entry.Span}
		if entry.NameKind != tree.Null {
			key.Kind = entry.NameKind
		}
		c.key(o.Key.Scalar, key, at)
	}
	c.value(o.Value, entry.Value, at)
}

// key checks the name of an entry.
func (c check) key(want *Scalar, key *tree.Node, at *path) {
	switch {
	case key.Kind != tree.String:
		c.found.Errorf(diagnostic.NeedsQuotes, key.Span, "a name is text, but YAML reads %s as %s", diagnostic.Quote(key.Text), key.Kind).
			WithHint("write it in quotes: %q", key.Text).WithKey(at.String())
	case !c.constraints.allow(want, key):
		c.found.Errorf(diagnostic.BadValue, key.Span, "%s is not a valid name: %s", diagnostic.Quote(key.Text), want.Say).WithKey(at.String())
	}
}

func (c check) unknownKey(o *Object, entry *tree.Field, at *path) {
	names := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		names[i] = f.Name
	}
	d := c.found.Errorf(diagnostic.UnknownKey, entry.Span, "unknown key %s%s", diagnostic.Quote(entry.Name), c.suggestion(o, entry.Name, names)).
		WithKey(at.key(entry.Name).String())
	slices.Sort(names)
	d.WithHint("the keys here are: %s", strings.Join(names, ", "))
}

// suggestion prefers the key that the schema says other tools call by this name.
func (c check) suggestion(o *Object, written string, names []string) string {
	for _, f := range o.Fields {
		if slices.Contains(f.Also, written) {
			return fmt.Sprintf("; did you mean %q?", f.Name)
		}
	}
	return diagnostic.DidYouMean(written, names)
}

func (c check) missingKey(f *Field, n *tree.Node, at *path) {
	d := c.found.Errorf(diagnostic.MissingKey, n.Span, "the key %q is missing", f.Name).WithKey(at.key(f.Name).String())
	if f.Shape.Doc != "" {
		d.WithHint("%s: %s", f.Name, strings.TrimSuffix(strings.TrimSpace(f.Shape.Doc), "."))
	}
}

func (c check) scalar(s *Shape, n *tree.Node, at *path) {
	switch want := s.Scalar; {
	case want.HasBools && n.Kind == tree.Bool && slices.Contains(want.Values, n.Text):
	case want.Kind == tree.String && !want.HasBools && n.Kind != tree.String:
		c.found.Errorf(diagnostic.NeedsQuotes, n.Span, "%s is text, but %s", at.last(), reading(n)).
			WithHint("write it in quotes: %q", n.Text).WithKey(at.String())
	case want.Kind == tree.Bool && n.Kind == tree.Bool && n.Text != "true" && n.Text != "false":
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s must be true or false, not %s", at.last(), diagnostic.Quote(n.Text)).WithKey(at.String())
	case want.Kind != n.Kind && !want.HasBools:
		c.wrongKind(s, n, at)
	case want.Values != nil && !slices.Contains(want.Values, n.Text):
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s may be %s, not %s%s", at.last(), strings.Join(want.Values, " or "),
			diagnostic.Quote(n.Text), want.suggestion(n.Text)).WithKey(at.String())
	case !c.constraints.allow(want, n):
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s is not a valid value of %s: %s", diagnostic.Quote(n.Text), at.last(), want.Say).
			WithKey(at.String())
	}
}

// reading says what a scalar is instead of text. YAML decides that by its own rules, and CUE by its kind.
func reading(n *tree.Node) string {
	if strings.HasSuffix(n.Span.File, ".cue") {
		return fmt.Sprintf("%s is %s", n.Text, n.Kind)
	}
	return fmt.Sprintf("YAML reads %s as %s", diagnostic.Quote(n.Text), n.Kind)
}

// suggestion names the nearest of an enumeration's words.
func (s *Scalar) suggestion(written string) string {
	if s.Kind != tree.String {
		return ""
	}
	return diagnostic.DidYouMean(written, s.Values)
}

func (c check) wrongKind(s *Shape, n *tree.Node, at *path) {
	kinds := s.Kinds()
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.String()
	}
	d := c.found.Errorf(diagnostic.WrongType, n.Span, "%s must be %s, not %s", at.last(), strings.Join(names, " or "), n.Kind).WithKey(at.String())
	switch {
	case n.Kind == tree.Null:
		d.WithHint("give it a value, or remove the key")
	case n.Kind == tree.String && slices.Contains(kinds, tree.List):
		d.WithHint("write a list: [%s]", n.Text)
	}
}
