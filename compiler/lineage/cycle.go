package lineage

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// reportCycles reports each cycle of images once, beginning with its first image by name, and cuts it, so that the rest can be checked.
func (b *builder) reportCycles(images []*Image) {
	s := search{state: make(map[*Image]int, len(images))}
	for _, image := range images {
		s.visit(image)
	}
	for _, circle := range s.circles {
		b.reportCycle(circle)
	}
	for _, circle := range s.circles {
		last := circle[len(circle)-1]
		last.Parents, last.After, last.Incomplete = nil, nil, true
	}
}

func (b *builder) reportCycle(circle []*Image) {
	start := slices.Index(circle, slices.MinFunc(circle, func(a, b *Image) int { return strings.Compare(a.Name, b.Name) }))
	circle = slices.Concat(circle[start:], circle[:start], circle[start:start+1])
	names := make([]string, len(circle))
	for i, image := range circle {
		names[i] = image.Name
	}
	way := strings.Join(names, " → ")
	if image, after, ok := onlyAfter(circle); ok {
		b.found.Errorf(diagnostic.Cycle, after.Span, "images are built after each other: %s", way).
			WithHint("remove %s from `after` of %s", after.Value, image.Name).WithKey(circle[0].Name)
		return
	}
	at := circle[0].Image.Base.Span
	if circle[0].Containerfile.Present() {
		at = circle[0].Containerfile.Span
	}
	b.found.Errorf(diagnostic.Cycle, at, "images are built from each other: %s", way).
		WithHint("build one of them from another base").WithKey(circle[0].Name)
}

// onlyAfter finds an image of a cycle that is ordered only by `after`, and the place of that entry.
func onlyAfter(circle []*Image) (image *Image, after definition.Located[string], ok bool) {
	for i, image := range circle[:len(circle)-1] {
		if slices.Contains(image.After, circle[i+1]) {
			j := slices.IndexFunc(image.Image.After, func(l definition.Located[string]) bool { return l.Value == circle[i+1].Name })
			return image, image.Image.After[j], true
		}
	}
	return nil, after, false
}

// search walks from images to their parents, depth first.
type search struct {
	// state is 0 for an image not seen, 1 for one on the current path, 2 for one that is done.
	state   map[*Image]int
	way     []*Image
	circles [][]*Image
}

func (s *search) visit(image *Image) {
	switch s.state[image] {
	case 1:
		s.circles = append(s.circles, slices.Clone(s.way[slices.Index(s.way, image):]))
		return
	case 2:
		return
	}
	s.state[image] = 1
	s.way = append(s.way, image)
	for _, before := range image.Before() {
		s.visit(before)
	}
	s.way = s.way[:len(s.way)-1]
	s.state[image] = 2
}
