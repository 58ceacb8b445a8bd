package tree

import (
	"strconv"
	"testing"
)

func TestAnIndexFindsTheFirstFieldOfANameInMapsOfAnySize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, manyFields - 1, manyFields, 3 * manyFields} {
		n := &Node{Kind: Map}
		for i := range size {
			n.Fields = append(n.Fields, Field{Name: strconv.Itoa(i % 10)})
		}
		index := NewIndex(n)
		for _, name := range []string{"0", "9", "missing"} {
			if got, want := index.Field(name), n.Field(name); got != want {
				t.Errorf("with %d fields, the index finds %p for %s, and Field %p", size, got, name, want)
			}
		}
	}
}
