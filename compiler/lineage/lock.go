package lineage

import (
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Outside is an external image that the lock may pin.
type Outside struct {
	// Name is its name in the lock: the reference as the definition writes it, or "group/project/image:tag".
	Name string
	// Project is set for an image of another project.
	Project definition.ProjectImage
	// Pin is the definition's `pin`.
	Pin bool
	// Images are the names of the images that are built from it; Span is the place of the first of them.
	Images []string
	Span   diagnostic.Span
}

// Outside returns the images that the lock may pin, sorted by name: parents that are references without a digest, the base images
// of distributions, images of other projects that the definition pins, and mirrored images.
func (g *Graph) Outside() []Outside {
	byName := map[string]*Outside{}
	add := func(image *Image, o Outside) {
		known, ok := byName[o.Name]
		if !ok {
			o.Span = image.Span
			known = &o
			byName[o.Name] = known
		}
		known.Images = append(known.Images, image.Name)
	}
	for _, image := range g.Images {
		for _, parent := range image.Parents {
			switch {
			case parent.Image != nil:
			case parent.Project.Path != "":
				if parent.Project.Pin {
					add(image, Outside{Name: parent.String(), Project: parent.Project, Pin: true})
				}
			case !parent.Outside.IsZero() && parent.Outside.Digest().IsZero():
				add(image, Outside{Name: parent.String()})
			}
		}
		if len(image.Parents) == 0 && image.distributionBase != "" {
			add(image, Outside{Name: image.distributionBase})
		}
	}
	for _, mirror := range g.Mirrors {
		if mirror.From.Digest().IsZero() && byName[mirror.From.String()] == nil {
			byName[mirror.From.String()] = &Outside{Name: mirror.From.String(), Span: mirror.Span}
		}
	}
	out := make([]Outside, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, *byName[name])
	}
	return out
}

// pin sets the digests of an image's parents that the lock has. The base image of a distribution is a parent only if it is pinned:
// otherwise the job finds it.
func (b *builder) pin(image *Image) {
	recipe, ok := b.recipes.Recipe(image.Distribution)
	if ok && len(image.Parents) == 0 && !image.Containerfile.Present() && !image.Incomplete {
		version := recipe.ImageVersion(image.Version)
		image.distributionBase = recipe.BaseImage(version)
		if digest, locked := b.lock.Digest(image.distributionBase); locked {
			if reference, err := schema.ParseReference(image.distributionBase); err == nil {
				image.Parents = []Parent{{Outside: reference, IsBase: true, Digest: digest}}
			}
			return
		}
	}
	for i := range image.Parents {
		parent := &image.Parents[i]
		isFloating := parent.Image != nil || parent.Project.Path != "" && !parent.Project.Pin || !parent.Outside.Digest().IsZero()
		if digest, locked := b.lock.Digest(parent.String()); locked && !isFloating {
			parent.Digest = digest
		}
	}
}
