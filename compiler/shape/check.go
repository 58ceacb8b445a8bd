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
	check{c.constraints, found, map[*Object]diagnostic.Span{}}.value(s, document, nil)
	return nil
}

type check struct {
	constraints constraints
	found       *diagnostic.List
	// listed has the finding that lists the keys of a map.
	listed map[*Object]diagnostic.Span
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
	first, meant := tree.NewIndex(n), map[string]bool{}
	for i := 0; i < len(n.Fields); i++ {
		entry := &n.Fields[i]
		if original := first.Field(entry.Name); original != entry {
			c.found.Errorf(diagnostic.DuplicateKey, entry.Span, "duplicate key %s", diagnostic.Quote(entry.Name)).
				WithNote(original.Span, "first defined here").WithHint("remove one of them").WithKey(at.key(entry.Name).String())
			continue
		}
		if outdented := o.outdented(n.Fields[i:]); outdented > 0 {
			c.reportOutdented(entry, n.Fields[i+1:i+1+outdented], at.key(entry.Name))
			i += outdented
		} else if o.Value != nil {
			c.entry(o, entry, at.key(entry.Name))
		} else if f := o.field(entry.Name); f != nil {
			c.value(f.Shape, entry.Value, at.key(entry.Name))
		} else {
			meant[c.unknownKey(o, entry, at)] = true
		}
	}
	for i := range o.Fields {
		if f := &o.Fields[i]; f.Required && first.Field(f.Name) == nil && !meant[f.Name] {
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
		c.found.Errorf(diagnostic.BadValue, key.Span, "%s is not a valid name: %s", diagnostic.Quote(key.Text), want.Say).
			WithHint("%s", c.repair(want, key.Text, at)).WithKey(at.String())
	}
}

func (c check) scalar(s *Shape, n *tree.Node, at *path) {
	switch want := s.Scalar; {
	case want.HasBools && n.Kind == tree.Bool && slices.Contains(want.Values, n.Text):
	case want.Kind == tree.String && !want.HasBools && n.Kind != tree.String && c.allows(want, n.Text):
		c.found.Errorf(diagnostic.NeedsQuotes, n.Span, "%s must be text, but %s", at.subject(), reading(n)).
			WithHint("write it in quotes: %q", n.Text).WithKey(at.String())
	case want.Kind == tree.Bool && n.Kind == tree.Bool && n.Text != "true" && n.Text != "false":
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s must be true or false, not %s", at.subject(), diagnostic.Quote(n.Text)).
			WithHint("write `%t`", strings.ContainsAny(n.Text[:1], "yYtT") || strings.EqualFold(n.Text, "on")).WithKey(at.String())
	case want.isNewer(n, at):
		c.found.Errorf(diagnostic.BadValue, n.Span, "version %s of the language is for a newer stemma; this one knows version %s", n.Text, want.Values[0]).
			WithHint("install a newer stemma, or write `version: %s`", want.Values[0]).WithKey(at.String())
	case want.Kind != n.Kind && !want.HasBools && want.Kind != tree.String:
		c.wrongKind(s, n, at)
	case want.Values != nil && !slices.Contains(want.Values, n.Text):
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s may be %s, not %s%s", at.subject(), strings.Join(want.Values, " or "),
			diagnostic.Quote(n.Text), want.suggestion(n.Text)).WithKey(at.String())
	case !c.allows(want, n.Text) || want.Range != nil && !c.constraints.allow(want, n):
		c.found.Errorf(diagnostic.BadValue, n.Span, "%s is not a valid value of %s: %s", diagnostic.Quote(n.Text), at.last(), want.Say).
			WithHint("%s", c.repair(want, n.Text, at)).WithKey(at.String())
	}
}

// allows reports whether a scalar may have a text, whatever YAML reads it as.
func (c check) allows(want *Scalar, text string) bool {
	return want.Range != nil || c.constraints.allow(want, &tree.Node{Kind: tree.String, Text: text})
}

// isNewer reports whether a value is a later version of the language than the only one.
func (s *Scalar) isNewer(n *tree.Node, at *path) bool {
	isVersion := s.Kind == tree.Int && len(s.Values) == 1 && at.String() == "version"
	return isVersion && n.Kind == tree.Int && !strings.HasPrefix(n.Text, "-") && n.Text != "0" && n.Text != s.Values[0]
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
