package shape

import "gitlab.com/stemma-ci/stemma/compiler/tree"

// names finds the first entry of each name in a map.
type names struct {
	node  *tree.Node
	index map[string]*tree.Field
}

// manyFields is from where on an index is faster than looking through the entries.
const manyFields = 24

func newNames(n *tree.Node) names {
	out := names{node: n}
	if len(n.Fields) < manyFields {
		return out
	}
	out.index = make(map[string]*tree.Field, len(n.Fields))
	for i := range n.Fields {
		if _, ok := out.index[n.Fields[i].Name]; !ok {
			out.index[n.Fields[i].Name] = &n.Fields[i]
		}
	}
	return out
}

// of returns the first entry of a name, or nil.
func (n names) of(name string) *tree.Field {
	if n.index != nil {
		return n.index[name]
	}
	for i := range n.node.Fields {
		if n.node.Fields[i].Name == name {
			return &n.node.Fields[i]
		}
	}
	return nil
}
