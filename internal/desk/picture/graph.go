// Package picture draws a graph of images: as a tree of text, as an SVG, and as a page for a browser.
package picture

import "slices"

// Graph is what a picture shows.
type Graph struct {
	Title string
	// Sections are texts above the picture.
	Sections []Section
	// Images has parents before their children, and each name once.
	Images []Image
}

// Section is a text with a heading. Line ends in it are kept.
type Section struct {
	Heading, Text string
}

// Image is an image of the project.
type Image struct {
	Name, Tag string
	// Parents has the base first.
	Parents []Parent
	// Dependents are projects that the image starts pipelines in, each with the ref: no image has such a name.
	Dependents []string
	// Packages are those that the definition names. Jobs are the image's jobs in the pipeline.
	Packages, Jobs []string
	Labels         []Label
	// State is what a change does to the image, or empty if the picture is not about a change.
	State State
	// Notes are sentences about the image, such as what changes it.
	Notes []string

	// isProject is true for a project that an image pokes, drawn as an image.
	isProject bool
}

// Label is a label of an image.
type Label struct {
	Name, Value string
}

// Parent is an image that another is built from or after.
type Parent struct {
	Name string
	// IsOutside tells whether it is not an image of the project.
	IsOutside bool
	Link      Link
}

// Link says what an image has from a parent.
type Link string

// The links.
const (
	// Base is the parent whose layers the image begins with.
	Base Link = "base"
	// Files is a parent that only gives files.
	Files Link = "files"
	// After is an image that is built before, and gives nothing.
	After Link = "after"
	// poke is an image that starts pipelines in a project.
	poke Link = "poke"
)

// State is what a change does to an image.
type State string

// The states.
const (
	Added     State = "added"
	Removed   State = "removed"
	Changed   State = "changed"
	Rebuilt   State = "rebuilt"
	Unchanged State = "unchanged"
)

// base returns the parent whose layers the image begins with.
func (i Image) base() (Parent, bool) {
	return i.first(func(parent Parent) bool { return parent.Link == Base })
}

// main returns the parent beside which an image is drawn: its base, or else the first that gives files or that pokes it.
func (i Image) main() (Parent, bool) {
	if main, ok := i.base(); ok {
		return main, true
	}
	return i.first(func(parent Parent) bool { return parent.Link != After })
}

func (i Image) first(is func(Parent) bool) (Parent, bool) {
	at := slices.IndexFunc(i.Parents, is)
	if at < 0 {
		return Parent{}, false
	}
	return i.Parents[at], true
}

// node names an image of the project, or one outside, which may have the same name.
type node struct {
	name      string
	isOutside bool
}

func (p Parent) node() node { return node{p.Name, p.IsOutside} }

// settled returns the graph with all parents that are not among its images as outside parents.
func (g Graph) settled() Graph {
	known := map[string]bool{}
	for _, image := range g.Images {
		known[image.Name] = true
	}
	images := slices.Clone(g.Images)
	for i := range images {
		images[i].Parents = slices.Clone(images[i].Parents)
		for j := range images[i].Parents {
			parent := &images[i].Parents[j]
			parent.IsOutside = parent.IsOutside || !known[parent.Name]
		}
	}
	g.Images = images
	return g
}

// withDependents returns the graph with the projects in Dependents as images, each once.
func (g Graph) withDependents() Graph {
	var projects []Image
	index := map[string]int{}
	for _, image := range g.Images {
		for _, name := range image.Dependents {
			i, isKnown := index[name]
			if !isKnown {
				i = len(projects)
				index[name] = i
				projects = append(projects, Image{Name: name, isProject: true})
			}
			projects[i].Parents = append(projects[i].Parents, Parent{Name: image.Name, Link: poke})
		}
	}
	g.Images = append(slices.Clone(g.Images), projects...)
	return g
}

// nodes returns the images, and the parents outside, each before those that are built from it.
func (g Graph) nodes() []node {
	var all []node
	seen := map[node]bool{}
	add := func(n node) {
		if !seen[n] {
			seen[n] = true
			all = append(all, n)
		}
	}
	for _, image := range g.Images {
		for _, parent := range image.Parents {
			if parent.IsOutside {
				add(parent.node())
			}
		}
		add(node{name: image.Name})
	}
	return all
}
