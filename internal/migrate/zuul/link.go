package zuul

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// link finds the parents of all images: what their Containerfiles name as another image of the tree is released.
func (c *conversion) link() {
	for _, i := range c.images {
		c.parse(i)
	}
	c.images = slices.DeleteFunc(c.images, func(i *image) bool { return i.out })
	for _, i := range c.images {
		c.linkImage(i)
	}
}

// parse reads the Containerfile of an image. One that has to be given an argument which nobody gives is left out.
func (c *conversion) parse(i *image) {
	source, err := fs.ReadFile(c.tree.FS, i.file)
	if err != nil {
		return // reported where the entry was read
	}
	i.parsed, err = containerfile.Parse(source, i.args, i.target)
	var mistake *containerfile.Error
	at := diagnostic.Span{File: path.Join(c.tree.Name, i.file)}
	if errors.As(err, &mistake) {
		at.Line = mistake.Line
	}
	switch {
	case err == nil:
	case mistake != nil && mistake.Argument != "":
		i.out = true
		c.report.Missing(at, i.name, "no image is made of it: its Containerfile needs the argument %s, which has no default and which no job gives it", mistake.Argument)
	default:
		c.fail(at, "%v", err).WithNote(i.at, "the image %s is built from it", i.name)
	}
}

func (c *conversion) linkImage(i *image) {
	i.parents = map[string]*image{}
	for _, parent := range i.parsed.Parents {
		repository, tag := canonical(parent.Reference)
		own := slices.DeleteFunc(slices.Clone(c.byRepository[repository]), func(other *image) bool { return other.out })
		at := slices.IndexFunc(own, func(other *image) bool { return other.isReleasedAs(repository, tag) })
		switch {
		case at >= 0 && own[at] != i:
			i.parents[parent.Reference] = own[at]
		case at < 0 && len(own) > 0:
			place := diagnostic.Span{File: path.Join(c.tree.Name, i.file), Line: parent.Line}
			c.report.Look(place, parent.Reference, "no image of this tree is released with this tag, so it stays one of the registry")
		}
	}
}

func (i *image) isReleasedAs(repository, tag string) bool {
	return slices.ContainsFunc(i.builds, func(e entry) bool { return e.repository == repository && contains(e.allTags(), tag) })
}

// canonical is the whole repository of a reference and its tag. One with a digest is nobody's tag.
func canonical(reference string) (repository, tag string) {
	repository, digest, isPinned := strings.Cut(reference, "@")
	tag = "latest"
	if at := strings.LastIndexByte(repository, ':'); at > strings.LastIndexByte(repository, '/') {
		repository, tag = repository[:at], repository[at+1:]
	}
	if isPinned {
		tag = digest
	}
	if !hasRegistry(repository) {
		repository = hub(repository)
	}
	return repository, tag
}
