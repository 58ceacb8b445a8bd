package dockerpkg

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// edge is a parent of an image within the tree.
type edge struct {
	to *image
	at diagnostic.Span
}

// controlEdges are the parents that an image's control file names. A name that is neither an image of the tree nor a base
// image is reported.
func (t *tree) controlEdges(i *image) []edge {
	var out []edge
	for _, d := range i.depends {
		at := t.at(path.Join(i.folder, controlFile), d.line, 1)
		if parent, ok := t.byName[d.name]; ok {
			out = append(out, edge{parent, at})
			continue
		}
		if !t.isBase(d.name) && !t.broken[d.name] {
			t.found.Errorf(diagnostic.UnknownImage, at, "%s names %q, and there is no such image in the tree%s", d.field, d.name, t.didYouMean(d.name)).
				WithHint("an image that is built elsewhere belongs in base_images of the configuration")
		}
	}
	return out
}

// isBase reports whether a short name is that of a base image.
func (t *tree) isBase(name string) bool {
	return slices.ContainsFunc(t.config.baseImages, func(b located) bool {
		repository, _ := cutTag(b.text)
		return repository == t.config.repository(name) || path.Base(repository) == name
	})
}

// reportCycles reports each circle of parents once, with its way.
func (t *tree) reportCycles(edges map[*image][]edge) {
	const (
		unseen = iota
		open
		closed
	)
	state := map[*image]int{}
	type step struct {
		of   *image
		next int
	}
	for _, start := range t.images {
		if state[start] != unseen {
			continue
		}
		way := []step{{of: start}}
		state[start] = open
		for len(way) > 0 {
			last := &way[len(way)-1]
			if last.next == len(edges[last.of]) {
				state[last.of] = closed
				way = way[:len(way)-1]
				continue
			}
			e := edges[last.of][last.next]
			last.next++
			switch state[e.to] {
			case unseen:
				state[e.to] = open
				way = append(way, step{of: e.to})
			case open:
				first := slices.IndexFunc(way, func(s step) bool { return s.of == e.to })
				var names []string
				for _, s := range way[first:] {
					names = append(names, s.of.name)
				}
				t.reportCycle(e, append(names, e.to.name))
			}
		}
	}
}

func (t *tree) reportCycle(e edge, names []string) {
	if len(names) > 10 {
		names = slices.Concat(names[:5], []string{"…"}, names[len(names)-4:])
	}
	t.found.Errorf(diagnostic.Cycle, e.at, "the images are built from one another in a circle: %s", strings.Join(names, " → "))
}
