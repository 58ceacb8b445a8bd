package lineage

import (
	"maps"
	"slices"
)

// Family is a connected part of the graph: images that are built from or after each other.
type Family struct {
	// Name is the name of the first image, by name, that waits for no other. Images that are added as children do not change it.
	Name string
	// Images are in the order of the graph.
	Images []*Image
}

// Families returns the families of a graph, sorted by name. Every image is in one.
func (g *Graph) Families() []Family {
	head := make(map[*Image]*Image, len(g.Images))
	var find func(*Image) *Image
	find = func(image *Image) *Image {
		if head[image] != image {
			head[image] = find(head[image])
		}
		return head[image]
	}
	for _, image := range g.Images {
		head[image] = image
		for _, before := range image.Before() {
			first, second := find(before), find(image)
			if first.Generation > second.Generation || first.Generation == second.Generation && first.Name > second.Name {
				first, second = second, first
			}
			head[second] = first
		}
	}
	members := map[string][]*Image{}
	for _, image := range g.Images {
		name := find(image).Name
		members[name] = append(members[name], image)
	}
	families := make([]Family, 0, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		families = append(families, Family{name, members[name]})
	}
	return families
}
