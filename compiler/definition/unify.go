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
	clear(l.distributions)
	l.declare(unified)
	return unified, nil
}

// whole is the definition with the images and the distributions of all files. Values that were reported are Invalid in it, so that they are not reported again.
func (l *loader) whole(root *tree.Node) *tree.Node {
	reported := map[diagnostic.Span]bool{}
	for _, d := range *l.found {
		reported[d.Span] = true
	}
	whole := *root
	whole.Fields = slices.Clone(root.Fields)
	setAll(&whole, "images", l.images)
	if len(l.distributions) > 0 {
		setAll(&whole, "distributions", l.distributions)
	}
	return withoutReported(&whole, reported)
}

// setAll sets a key of the definition to the declarations of all files.
func setAll(root *tree.Node, key string, declared map[string]*tree.Field) {
	all := &tree.Node{Kind: tree.Map, Span: root.Span}
	if own := root.Get(key); own != nil {
		all.Span = own.Span
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		all.Fields = append(all.Fields, *declared[name])
	}
	setField(root, tree.Field{Name: key, Span: root.FieldSpan(key)}, all)
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
