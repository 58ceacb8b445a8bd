package definition

import (
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// unify unifies the definition, with the images of all included files, with the included files in CUE that constrain it or add to it. It returns
// the root of the result.
func (l *loader) unify(root *tree.Node) (*tree.Node, error) {
	if l.rules == nil || root.Kind != tree.Map {
		return root, nil
	}
	unified, files := l.schema.Unify(l.fsys, l.whole(root), l.rules, l.found)
	if unified == nil {
		return root, nil
	}
	if err := l.check("Definition", unified); err != nil {
		return nil, err
	}
	l.rules = files
	for _, file := range files {
		l.documents[file] = unified
	}
	clear(l.images)
	l.declare(unified.Get("images"))
	return unified, nil
}

// whole is the definition with the images of all files. Values that were reported are Invalid in it, so that they are not reported again.
func (l *loader) whole(root *tree.Node) *tree.Node {
	reported := map[diagnostic.Span]bool{}
	for _, d := range *l.found {
		reported[d.Span] = true
	}
	images := &tree.Node{Kind: tree.Map, Span: root.Span}
	if own := root.Get("images"); own != nil {
		images.Span = own.Span
	}
	for _, name := range slices.Sorted(maps.Keys(l.images)) {
		images.Fields = append(images.Fields, *l.images[name])
	}
	whole := *root
	whole.Fields = slices.Clone(root.Fields)
	setField(&whole, tree.Field{Name: "images", Span: root.FieldSpan("images")}, images)
	return withoutReported(&whole, reported)
}

func withoutReported(n *tree.Node, reported map[diagnostic.Span]bool) *tree.Node {
	out := *n
	switch {
	case n.Kind == tree.Map:
		out.Fields = slices.Clone(n.Fields)
		for i := range out.Fields {
			out.Fields[i].Value = withoutReported(n.Fields[i].Value, reported)
		}
	case n.Kind == tree.List:
		out.Items = make([]*tree.Node, len(n.Items))
		for i, item := range n.Items {
			out.Items[i] = withoutReported(item, reported)
		}
	case reported[n.Span]:
		out.Kind = tree.Invalid
	}
	return &out
}
