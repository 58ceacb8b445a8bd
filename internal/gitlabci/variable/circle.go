package variable

import (
	"strconv"
	"strings"
)

// circle returns the names of variables that use each other, or nil. A variable may use its own name: it then has the value of an
// earlier one.
func (e *expander) circle() []string {
	c := &components{expander: e, index: make([]int, len(e.list)), low: make([]int, len(e.list)), isOpen: make([]bool, len(e.list))}
	for i := range e.list {
		if c.index[i] == 0 {
			c.visit(i)
		}
		if c.found != nil {
			return c.found
		}
	}
	return nil
}

// components finds a strongly connected component with Tarjan's algorithm.
type components struct {
	*expander
	count      int
	index, low []int
	isOpen     []bool
	open       []int
	found      []string
}

func (c *components) visit(i int) {
	c.count++
	c.index[i], c.low[i] = c.count, c.count
	c.open, c.isOpen[i] = append(c.open, i), true
	for _, name := range c.list[i].uses() {
		for _, other := range c.byName[name] {
			if c.index[other] == 0 {
				c.visit(other)
			}
			if c.isOpen[other] {
				c.low[i] = min(c.low[i], c.low[other])
			}
		}
	}
	if c.low[i] == c.index[i] {
		c.close(i)
	}
}

// close takes the component that begins with a variable, and keeps it if it has more than one.
func (c *components) close(i int) {
	var names []string
	for {
		last := c.open[len(c.open)-1]
		c.open, c.isOpen[last] = c.open[:len(c.open)-1], false
		names = append([]string{c.list[last].Name}, names...)
		if last == i {
			break
		}
	}
	if len(names) > 1 && c.found == nil {
		c.found = names
	}
}

// quoted prints names as Ruby prints a list.
func quoted(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strconv.Quote(name)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
