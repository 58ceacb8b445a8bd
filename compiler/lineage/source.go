package lineage

import (
	"cmp"
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Source is a source with the commit of its files: the one that the definition names, or that of the lock; empty if neither has one.
type Source struct {
	definition.Source
	Commit string
}

// Sources returns the sources that the lock may pin, sorted and without duplicates: those that name no commit.
func (g *Graph) Sources() []definition.Source {
	byName := map[string]definition.Source{}
	for _, image := range g.Images {
		for _, source := range image.Sources {
			if source.Source.Commit() == "" {
				byName[source.Name()] = source.Source
			}
		}
	}
	out := make([]definition.Source, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out
}

// hashSources adds the commits of an image's sources to its ingredients.
func (b *builder) hashSources(image *Image, m *ingredients) {
	for _, source := range image.Image.Sources {
		s := Source{Source: source, Commit: source.Commit()}
		if s.Commit == "" {
			s.Commit, _ = b.lock.Commit(source.Name())
		}
		if s.Commit == "" {
			b.found.Warnf(diagnostic.Lock, source.Path.Span, "the source %s is not pinned: the image is not rebuilt when it changes", source.Name()).
				WithHint("run `stemma lock`").WithKey(image.Name + ".sources")
		}
		image.Sources = append(image.Sources, s)
		m.add(source.Path.Value+"/ of "+source.Name(), cmp.Or(s.Commit, "as named"))
	}
}
