// Package lineage builds the graph of a project's images: the parents of each, their order, and their content tags, which are computed
// from their inputs.
package lineage

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Graph has a project's images, each after those that it waits for: by generation, then by name.
type Graph struct {
	Images []*Image
	// Mirrors are copies of external images, with their digests in the lock.
	Mirrors []Mirror
}

// Mirror is a copy of an external image. Digest is empty if the lock has none.
type Mirror struct {
	definition.Mirror
	Digest string
}

// Image is an image with its parents and children.
type Image struct {
	*definition.Image
	// Parents are the images it is built from, its base first, without duplicates.
	Parents []Parent
	// After has the project's images that are built before it, but are not its parents.
	After []*Image
	// Children are the project's images that are built from it, sorted by name.
	Children []*Image
	// Generation is the length of the longest chain of images within the project that it waits for.
	Generation int
	// Distribution and Version are the image's own, or those of its base or the defaults.
	// Distribution is empty for a Containerfile.
	Distribution, Version string
	// Tag is the tag in the definition, or else the content tag.
	Tag schema.Tag
	// Inputs is the SHA-256 of Ingredients in hex.
	Inputs string
	// Ingredients are all inputs of the image, in a fixed order.
	Ingredients []Ingredient
	// Contents are the files of those ingredients that have any, by the names of the ingredients. They may contain Declarations, which do not
	// count.
	Contents map[string]*content.Set
	// Sources are the files of other projects in its context.
	Sources []Source
	// Secrets are those that steps of its Containerfile mount, sorted by id.
	Secrets []schema.Secret
	// Files are the patterns of its input files, sorted.
	Files []string
	// Runs are the RUN lines of its Containerfile.
	Runs []containerfile.Run
	// LastUser is the last USER of its Containerfile, and LastUserAt its line; empty if there is none.
	LastUser   string
	LastUserAt diagnostic.Span

	// distributionBase is the base image of the distribution, for an image without other parents.
	distributionBase string
}

// Parent is a parent of an image: one of Image, Outside and Project is set.
type Parent struct {
	// Image is an image of the same project.
	Image *Image
	// Outside is any reference.
	Outside schema.Reference
	// Project is an image of another project.
	Project definition.ProjectImage
	// Aliases are other names that a Containerfile has for it.
	Aliases []string
	// ByArgument tells whether the Containerfile refers to it as schema.VarBaseImage.
	ByArgument bool
	// At is the first line of the Containerfile that names it; the zero Span if only the definition does.
	At diagnostic.Span
	// IsBase tells whether the image begins with the parent's layers.
	IsBase bool
	// Digest is the digest in the lock of a parent outside of the project; it may be empty.
	Digest string
}

// String names the parent as the definition does.
func (p Parent) String() string {
	switch {
	case p.Image != nil:
		return p.Image.Name
	case p.Project.Path != "":
		return p.Project.Path + "/" + p.Project.Image + ":" + p.Project.Tag.String()
	default:
		return p.Outside.String()
	}
}

// Name names the parent without its tag.
func (p Parent) Name() string {
	switch {
	case p.Image != nil:
		return p.Image.Name
	case p.Project.Path != "":
		return p.Project.Path + "/" + p.Project.Image
	default:
		return p.Outside.Repository().String()
	}
}

// Base returns the parent whose layers the image begins with.
func (i *Image) Base() (Parent, bool) {
	for _, parent := range i.Parents {
		if parent.IsBase {
			return parent, true
		}
	}
	return Parent{}, false
}

// Origins returns the parents, and the base image of the distribution also if the lock does not pin it.
func (i *Image) Origins() []Parent {
	if reference, err := schema.ParseReference(i.distributionBase); len(i.Parents) == 0 && i.distributionBase != "" && err == nil {
		return []Parent{{Outside: reference, IsBase: true}}
	}
	return i.Parents
}

// Before returns the images of the project that are built before this one: its parents and After.
func (i *Image) Before() []*Image {
	before := make([]*Image, 0, len(i.Parents)+len(i.After))
	for _, parent := range i.Parents {
		if parent.Image != nil {
			before = append(before, parent.Image)
		}
	}
	return append(before, i.After...)
}

// Reach returns the image and those that next leads to, over any number of steps: each once, the nearest first.
func (i *Image) Reach(next func(*Image) []*Image) []*Image {
	found, seen := []*Image{i}, map[*Image]bool{i: true}
	for at := 0; at < len(found); at++ {
		for _, image := range next(found[at]) {
			if !seen[image] {
				seen[image] = true
				found = append(found, image)
			}
		}
	}
	return found
}

// Lock finds the pinned digests of parents and the pinned commits of sources, by name.
type Lock interface {
	Digest(name string) (string, bool)
	Commit(name string) (string, bool)
}

// New builds the graph of a definition whose files are in fsys. It adds mistakes to found; after errors the graph is only good for finding
// more of them.
func New(d *definition.Definition, fsys fs.FS, recipes schema.Recipes, lock Lock, found *diagnostic.List) *Graph {
	b := &builder{definition: d, recipes: recipes, lock: lock, found: found, fsys: fsys, files: content.New(fsys, d.Outputs()), byName: make(map[string]*Image, len(d.Images))}
	graph := &Graph{Images: make([]*Image, len(d.Images))}
	for _, mirror := range d.Mirrors {
		digest, _ := lock.Digest(mirror.From.String())
		graph.Mirrors = append(graph.Mirrors, Mirror{mirror, digest})
	}
	for i, image := range d.Images {
		graph.Images[i] = &Image{Image: image, Contents: map[string]*content.Set{}}
		b.byName[image.Name] = graph.Images[i]
	}
	for _, image := range graph.Images {
		b.link(image)
	}
	b.reportCycles(graph.Images)
	graph.sort()
	for _, image := range graph.Images {
		b.distribute(image)
		b.checkPlatforms(image)
		b.pin(image)
		b.computeTag(image)
	}
	return graph
}

type builder struct {
	definition *definition.Definition
	recipes    schema.Recipes
	lock       Lock
	found      *diagnostic.List
	fsys       fs.FS
	files      *content.Files
	byName     map[string]*Image
	// suggested counts the unknown names for which suggestion was asked.
	suggested int
}

// link finds an image's parents.
func (b *builder) link(image *Image) {
	base, ok := b.resolve(image, image.Image.Base, "base")
	switch {
	case image.Containerfile.Present():
		b.linkContainerfile(image, base, ok)
	case ok:
		base.IsBase = true
		image.Parents = []Parent{base}
	}
	for _, parent := range image.Parents {
		if parent.Image != nil {
			parent.Image.Children = append(parent.Image.Children, image)
		}
	}
	b.linkAfter(image)
}

// linkAfter adds the images in `after` that are not parents.
func (b *builder) linkAfter(image *Image) {
	for _, name := range image.Image.After {
		parent, ok := b.byName[name.Value]
		switch {
		case !ok && !definition.NamesOutside(name.Value):
			b.unknownImage(name, image.Name+".after", "`after` names images of this project")
		case ok && !slices.Contains(image.Before(), parent):
			image.After = append(image.After, parent)
		}
	}
}

// resolve finds the parent that a key of an image names.
func (b *builder) resolve(image *Image, base definition.Base, key string) (Parent, bool) {
	switch {
	case base.Image != "":
		parent, ok := b.byName[base.Image]
		if !ok {
			b.unknownImage(definition.Located[string]{Value: base.Image, Span: base.Span}, image.Name+"."+key,
				"an image from elsewhere has a registry or a tag, such as docker.io/library/"+base.Image+":latest")
			image.Incomplete = true
		}
		return Parent{Image: parent}, ok
	case base.Project.Path != "":
		return Parent{Project: base.Project}, true
	default:
		return Parent{Outside: base.Outside}, !base.Outside.IsZero()
	}
}

func (b *builder) unknownImage(name definition.Located[string], key, hint string) {
	b.found.Errorf(diagnostic.UnknownImage, name.Span, "there is no image %s in this project%s",
		diagnostic.Quote(name.Value), b.suggestion(name.Value)).WithHint("%s", hint).WithKey(key)
}

// maxSuggestions limits how many unknown names are compared with those of all images. If there are more, an include is missing, rather
// than a letter misspelled.
const maxSuggestions = 20

// suggestion names the image whose name is most like an unknown name, for the first unknown names.
func (b *builder) suggestion(unknown string) string {
	if b.suggested++; b.suggested > maxSuggestions {
		return ""
	}
	return diagnostic.DidYouMean(unknown, b.names())
}

// names are the names of the images, sorted.
func (b *builder) names() []string {
	return slices.Sorted(maps.Keys(b.byName))
}

// sort orders the images by generation and name, and children by name.
func (g *Graph) sort() {
	var generation func(*Image) int
	known := make(map[*Image]bool, len(g.Images))
	generation = func(image *Image) int {
		if !known[image] {
			known[image] = true
			for _, before := range image.Before() {
				image.Generation = max(image.Generation, generation(before)+1)
			}
		}
		return image.Generation
	}
	for _, image := range g.Images {
		generation(image)
		slices.SortFunc(image.Children, func(a, b *Image) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(g.Images, func(a, b *Image) int {
		return cmp.Or(cmp.Compare(a.Generation, b.Generation), strings.Compare(a.Name, b.Name))
	})
}
