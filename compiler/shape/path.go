package shape

import (
	"strconv"
	"strings"
)

// path leads to a value. Most are never printed, so a step only remembers the one before it; nil is the document itself.
type path struct {
	before *path
	name   string
	// index is that of an item of a list, or noItem where the step is the key of a map.
	index int
}

const noItem = -1

func (p *path) key(name string) *path { return &path{before: p, name: name, index: noItem} }

func (p *path) item(index int) *path { return &path{before: p, index: index} }

// last is the last key, which is how a message speaks of the value.
func (p *path) last() string {
	for ; p != nil; p = p.before {
		if p.index == noItem {
			return p.name
		}
	}
	return "the document"
}

// subject is last, or "each of" it for an item of a list.
func (p *path) subject() string {
	if p.isItem() {
		return "each of " + p.last()
	}
	return p.last()
}

// isItem reports whether the path is that of an item of a list.
func (p *path) isItem() bool { return p != nil && p.index != noItem }

// isEntry reports whether the path is that of an entry of a map at the top of a document.
func (p *path) isEntry(of string) bool {
	return p != nil && p.index == noItem && p.before != nil && p.before.before == nil && p.before.name == of
}

// String prints the path as "images.base.packages[1]".
func (p *path) String() string {
	var out strings.Builder
	p.print(&out)
	return out.String()
}

func (p *path) print(out *strings.Builder) {
	if p == nil {
		return
	}
	p.before.print(out)
	if p.index != noItem {
		out.WriteString("[" + strconv.Itoa(p.index) + "]")
		return
	}
	if out.Len() > 0 {
		out.WriteByte('.')
	}
	out.WriteString(p.name)
}
