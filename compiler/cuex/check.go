package cuex

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Check reports everything in a document that #name of the schema does not allow: duplicate, unknown and missing keys,
// values of the wrong kind, and values that their constraint refuses. It fails only where the schema itself is broken.
func (s *Schema) Check(name string, document *tree.Node, found *diagnostic.List) error {
	shape, err := s.shape(name)
	if err != nil {
		return err
	}
	checker{s, found}.value(shape, document, nil)
	return nil
}

type checker struct {
	schema *Schema
	found  *diagnostic.List
}

// keys lead to a value: names of keys, and indexes as text.
type keys []string

func (k keys) with(step string) keys { return append(k[:len(k):len(k)], step) }

// name is the last key, which is how a message speaks of the value.
func (k keys) name() string {
	for _, step := range slices.Backward(k) {
		if step[0] != '[' {
			return step
		}
	}
	return "the document"
}

func (k keys) String() string { return strings.ReplaceAll(strings.Join(k, "."), ".[", "[") }

func (c checker) value(s *shape, n *tree.Node, at keys) {
	switch {
	case n.Kind == tree.Map && s.object != nil:
		c.object(s.object, n, at)
	case n.Kind == tree.List && s.item != nil:
		for i, item := range n.Items {
			c.value(s.item, item, at.with(fmt.Sprintf("[%d]", i)))
		}
	case n.Kind < tree.List && n.Kind != tree.Null && s.scalar != nil:
		c.scalar(s, n, at)
	default:
		c.wrongKind(s, n, at)
	}
}

func (c checker) object(o *object, n *tree.Node, at keys) {
	first := make(map[string]*tree.Field, len(n.Fields))
	for i := range n.Fields {
		entry := &n.Fields[i]
		if original, ok := first[entry.Name]; ok {
			c.found.Errorf(diagnostic.DuplicateKey, entry.Span, "duplicate key %s", diagnostic.Quote(entry.Name)).
				WithNote(original.Span, "first defined here").WithHint("remove one of them").WithKey(at.with(entry.Name).String())
			continue
		}
		first[entry.Name] = entry
		if o.value != nil {
			c.entry(o, entry, at.with(entry.Name))
		} else if j, ok := o.index[entry.Name]; ok {
			c.value(o.fields[j].shape, entry.Value, at.with(entry.Name))
		} else {
			c.unknownKey(o, entry, at)
		}
	}
	for i := range o.fields {
		if f := &o.fields[i]; f.required && first[f.name] == nil {
			c.missingKey(f, n, at)
		}
	}
}

// entry checks an entry of an open map, whose key is the user's own.
func (c checker) entry(o *object, entry *tree.Field, at keys) {
	if o.key != nil {
		key := &tree.Node{Kind: tree.String, Text: entry.Name, Span: entry.Span}
		if entry.NameKind != tree.Null {
			key.Kind = entry.NameKind
		}
		c.key(o.key.scalar, key, at)
	}
	c.value(o.value, entry.Value, at)
}

// key checks the name of an entry.
func (c checker) key(want *scalar, key *tree.Node, at keys) {
	switch {
	case key.Kind != tree.String:
		c.found.Errorf(diagnostic.NeedsQuotes, key.Span, "a name is text, but YAML reads %s as %s", diagnostic.Quote(key.Text), key.Kind).
			WithHint("write it in quotes: %q", key.Text).WithKey(at.String())
	case !c.schema.allows(want, key):
		c.found.Errorf(diagnostic.BadValue, key.Span, "%s is not a valid name: %s", diagnostic.Quote(key.Text), want.say).WithKey(at.String())
	}
}

func (c checker) unknownKey(o *object, entry *tree.Field, at keys) {
	names := make([]string, len(o.fields))
	for i, f := range o.fields {
		names[i] = f.name
	}
	d := c.found.Errorf(diagnostic.UnknownKey, entry.Span, "unknown key %s%s", diagnostic.Quote(entry.Name), c.suggestion(o, entry.Name, names)).
		WithKey(at.with(entry.Name).String())
	slices.Sort(names)
	d.WithHint("the keys here are: %s", strings.Join(names, ", "))
}

// suggestion prefers the key that the schema says other tools call by this name.
func (c checker) suggestion(o *object, written string, names []string) string {
	for _, f := range o.fields {
		if slices.Contains(f.also, written) {
			return fmt.Sprintf("; did you mean %q?", f.name)
		}
	}
	return diagnostic.DidYouMean(written, names)
}

func (c checker) missingKey(f *field, n *tree.Node, at keys) {
	d := c.found.Errorf(diagnostic.MissingKey, n.Span, "the key %q is missing", f.name).WithKey(at.with(f.name).String())
	if f.shape.doc != "" {
		d.WithHint("%s: %s", f.name, strings.TrimSuffix(strings.TrimSpace(f.shape.doc), "."))
	}
}

func (c checker) scalar(s *shape, n *tree.Node, at keys) {
	switch want := s.scalar; {
	case want.hasBools && n.Kind == tree.Bool && slices.Contains(want.values, n.Text):
	case want.kind == tree.String && !want.hasBools && n.Kind != tree.String:
		c.found.Errorf(diagnostic.NeedsQuotes, n.Span, "%s is text, but YAML reads %s as %s", at.name(), diagnostic.Quote(n.Text), n.Kind).
			WithHint("write it in quotes: %q", n.Text).WithKey(at.String())
	case want.kind == tree.Bool && n.Kind == tree.Bool && n.Text != "true" && n.Text != "false":
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s must be true or false, not %s", at.name(), diagnostic.Quote(n.Text)).WithKey(at.String())
	case want.kind != n.Kind && !want.hasBools:
		c.wrongKind(s, n, at)
	case want.values != nil && !slices.Contains(want.values, n.Text):
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s may be %s, not %s%s", at.name(), strings.Join(want.values, " or "),
			diagnostic.Quote(n.Text), want.suggestion(n.Text)).WithKey(at.String())
	case !c.schema.allows(want, n):
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s is not a valid value of %s: %s", diagnostic.Quote(n.Text), at.name(), want.say).
			WithKey(at.String())
	}
}

// suggestion names the nearest of an enumeration's words.
func (s *scalar) suggestion(written string) string {
	if s.kind != tree.String {
		return ""
	}
	return diagnostic.DidYouMean(written, s.values)
}

func (c checker) wrongKind(s *shape, n *tree.Node, at keys) {
	kinds := s.kinds()
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.String()
	}
	d := c.found.Errorf(diagnostic.WrongType, n.Span, "%s must be %s, not %s", at.name(), strings.Join(names, " or "), n.Kind).WithKey(at.String())
	switch {
	case n.Kind == tree.Null:
		d.WithHint("give it a value, or remove the key")
	case n.Kind == tree.String && slices.Contains(kinds, tree.List):
		d.WithHint("write a list: [%s]", n.Text)
	}
}
