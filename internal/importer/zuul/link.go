package zuul

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// link finds the parents of all images: a FROM that names what another image of the tree is released as.
func (c *conversion) link() {
	c.parents = map[*image]map[*image]bool{}
	repositories := map[string][]*image{}
	for _, i := range c.images {
		if i.repository != "" {
			repositories[i.repository] = append(repositories[i.repository], i)
		}
	}
	for _, i := range c.images {
		c.linkImage(i, repositories)
	}
}

func (c *conversion) linkImage(i *image, repositories map[string][]*image) {
	source, err := fs.ReadFile(c.source.Tree, i.file)
	if err != nil {
		return // reported where the entry was read
	}
	i.args = maps.Clone(i.args)
	parsed, err := containerfile.Parse(source, i.args, i.target)
	if err != nil {
		var mistake *containerfile.Error
		at := diagnostic.Span{File: path.Join(c.source.Name, i.file)}
		if errors.As(err, &mistake) {
			at.Line = mistake.Line
		}
		d := c.fail(at, "%v", err).WithNote(i.at, "the image %s is built from it", i.name)
		if strings.Contains(err.Error(), "argument") {
			d.WithHint("give the argument a default before the first FROM: builders take an empty text for it")
		}
		return
	}
	for _, parent := range parsed.Parents {
		repository, tag := canonical(parent.Reference)
		for _, own := range repositories[repository] {
			at := diagnostic.Span{File: path.Join(c.source.Name, i.file), Line: parent.Line}
			switch {
			case own == i:
			case !contains(own.allTags(), tag):
				c.report.Look(at, parent.Reference, "%s of this tree is not released with this tag, so it stays an image of the registry", own.name)
			case c.isArgument(i, own, source, parsed.Arguments, parent):
				c.parent(i, own)
			default:
				c.parent(i, own)
				c.report.Look(at, parent.Reference, "it is the image %s of this tree: write `ARG BASE=%s` before the first FROM and `FROM ${BASE}` here, and `args: {BASE: %s}` in %s, so that it is built first and its rebuild is followed", own.name, parent.Reference, own.name, i.name)
			}
		}
	}
}

func (c *conversion) parent(i, own *image) {
	if c.parents[i] == nil {
		c.parents[i] = map[*image]bool{}
	}
	c.parents[i][own] = true
}

// isArgument gives the build argument that is the whole of a FROM the name of an image, and says whether there is such a one.
func (c *conversion) isArgument(i, own *image, source []byte, arguments []string, parent containerfile.Parent) bool {
	for _, name := range arguments {
		args := maps.Clone(i.args)
		parsed, err := containerfile.Parse(source, with(args, name, own.name), i.target)
		isNamed := func(p containerfile.Parent) bool { return p.Reference == own.name && p.Line == parent.Line }
		if err == nil && slices.ContainsFunc(parsed.Parents, isNamed) {
			i.args = with(i.args, name, own.name)
			return true
		}
	}
	return false
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
