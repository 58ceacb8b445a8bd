package rootfs

import (
	"path"
	"strings"
)

// node is a file or folder in the merged layers.
type node struct {
	kind kind
	// target is that of a link: a symbolic one, or a hard one to a file that was not kept.
	target   string
	content  []byte
	children map[string]*node
}

func newFolder() *node { return &node{kind: kindFolder, children: map[string]*node{}} }

// merge applies layers to an empty file system, the lowest first. A whiteout has no effect on entries of its own layer.
func merge(layers []*layer) *node {
	root := newFolder()
	for _, layer := range layers {
		for _, e := range layer.entries {
			root.remove(e)
		}
		for _, e := range layer.entries {
			root.add(e)
		}
	}
	return root
}

// remove applies a whiteout.
func (n *node) remove(e entry) {
	folder, base := path.Split(e.path)
	switch e.kind {
	case kindEmptied:
		if at := n.walk(e.path).node; at != nil {
			clear(at.children)
		}
	case kindRemoved:
		if at := n.walk(folder).node; at != nil {
			delete(at.children, base)
		}
	}
}

// add puts an entry in its place, and replaces what is there. Only a folder keeps what it has.
func (n *node) add(e entry) {
	if e.path == "" || e.kind == kindRemoved || e.kind == kindEmptied {
		return
	}
	folder, base := path.Split(e.path)
	at := n.ensure(folder)
	if at == nil {
		return
	}
	added := &node{kind: e.kind, target: e.target, content: e.content}
	switch e.kind {
	case kindFolder:
		if old := at.children[base]; old != nil && old.kind == kindFolder {
			return
		}
		added = newFolder()
	case kindHardlink:
		if source := n.walk(e.target).node; source != nil && source.kind == kindFile {
			added = source
		}
	}
	at.children[base] = added
}

// ensure returns a folder by its path, and makes it if it does not exist. It returns nil behind too many links.
func (n *node) ensure(folder string) *node {
	place := n.walk(folder)
	if place.isEndless {
		return nil
	}
	at := n
	for segment := range strings.SplitSeq(place.real, "/") {
		if segment == "" {
			continue
		}
		if next := at.children[segment]; next == nil || next.kind != kindFolder {
			at.children[segment] = newFolder()
		}
		at = at.children[segment]
	}
	return at
}

// place is where a path leads.
type place struct {
	// real is the path without symbolic links, and node what is there; nil for nothing.
	real string
	node *node
	// isEndless tells that the path has too many links.
	isEndless bool
}

// maxLinks is how many symbolic links a path may have, as in Linux, https://man7.org/linux/man-pages/man7/path_resolution.7.html.
const maxLinks = 40

// walk follows a path from the root. As in a container, no link leads out of it.
func (n *node) walk(name string) place {
	rest, links := strings.Split(name, "/"), 0
	real, above := []string{}, []*node{n}
	for len(rest) > 0 {
		segment := rest[0]
		rest = rest[1:]
		switch segment {
		case "", ".":
			continue
		case "..":
			real, above = real[:max(0, len(real)-1)], above[:max(1, len(above)-1)]
			continue
		}
		var next *node
		if at := above[len(above)-1]; at != nil {
			next = at.children[segment]
		}
		if next == nil || next.kind != kindSymlink {
			real, above = append(real, segment), append(above, next)
			continue
		}
		if links++; links > maxLinks {
			return place{isEndless: true}
		}
		if strings.HasPrefix(next.target, "/") {
			real, above = real[:0], above[:1]
		}
		rest = append(strings.Split(next.target, "/"), rest...)
	}
	return place{real: strings.Join(real, "/"), node: above[len(above)-1]}
}
