package tree

// Index finds the first field of each name in a map, as Node.Field does, and is fast for maps with many fields.
type Index struct {
	node   *Node
	byName map[string]*Field
}

// manyFields is the number of fields from which an index by name is faster than a look at each field.
const manyFields = 24

// NewIndex returns the index of a map, which may not change afterwards.
func NewIndex(n *Node) Index {
	index := Index{node: n}
	if len(n.Fields) < manyFields {
		return index
	}
	index.byName = make(map[string]*Field, len(n.Fields))
	for i := range n.Fields {
		if _, ok := index.byName[n.Fields[i].Name]; !ok {
			index.byName[n.Fields[i].Name] = &n.Fields[i]
		}
	}
	return index
}

// Field returns the first field with a name, or nil.
func (i Index) Field(name string) *Field {
	if i.byName != nil {
		return i.byName[name]
	}
	return i.node.Field(name)
}
