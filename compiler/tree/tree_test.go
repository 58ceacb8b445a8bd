package tree_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

func line(number int) diagnostic.Span { return diagnostic.Span{File: "a", Line: number} }

// document has a key twice, of which the first counts.
func document() *tree.Node {
	text := func(value string) *tree.Node { return &tree.Node{Kind: tree.String, Text: value} }
	return &tree.Node{Kind: tree.Map, Span: line(1), Fields: []tree.Field{
		{Name: "a", Span: line(2), Value: text("first")}, {Name: "b", Span: line(3), Value: text("other")}, {Name: "a", Span: line(4), Value: text("second")},
	}}
}

func TestGet(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a": "first", "b": "other"} {
		if got := document().Get(name); got == nil || got.Text != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	var nothing *tree.Node
	for what, n := range map[string]*tree.Node{
		"no such key": document().Get("c"), "a key of nothing": nothing.Get("a"), "a key of a text": document().Get("a").Get("a"),
	} {
		if n != nil {
			t.Errorf("%s is %v, want nothing", what, n)
		}
	}
}

func TestFieldSpan(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"a": 2, "b": 3, "missing": 1} {
		if got := document().FieldSpan(name).Line; got != want {
			t.Errorf("%s is in line %d, want %d", name, got, want)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	t.Parallel()
	for kind, want := range map[tree.Kind]string{
		tree.Null: "nothing", tree.Bool: "a boolean", tree.Int: "a whole number", tree.Float: "a number", tree.Time: "a date",
		tree.String: "text", tree.List: "a list", tree.Map: "a map",
	} {
		if got := kind.String(); got != want {
			t.Errorf("the kind %d is called %q, want %q", kind, got, want)
		}
	}
}
