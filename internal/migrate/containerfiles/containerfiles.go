// Package containerfiles makes a definition of a tree that holds Containerfiles and nothing that says how they are built.
package containerfiles

import (
	"errors"
	"path"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Import returns the files of a definition: each Containerfile is an image, called after its folder, and stays where it is. The
// list has what is wrong with the Containerfiles; there are no files then.
func Import(tree importer.Tree, target importer.Target) ([]importer.File, *importer.Report, diagnostic.List, error) {
	recipes, err := schema.LoadRecipes()
	if err != nil {
		return nil, nil, nil, err
	}
	c := &conversion{tree: tree, target: target, recipes: recipes, report: &importer.Report{}}
	if err := c.find(); err != nil {
		return nil, nil, nil, err
	}
	definition := importer.Definition{Project: target.Project, Images: c.convert()}
	if len(definition.Images) == 0 && !c.found.HasErrors() {
		c.report.Refuse(&c.found, diagnostic.Span{File: tree.Name}, "none of the %s here can become an image: looked for Containerfile, Dockerfile, Dockerfile.NAME and NAME.Dockerfile in %s, and not in folders that begin with a full stop, node_modules and vendor",
			terminal.Count(len(c.images), "Containerfile"), terminal.Count(c.folders, "folder"))
	}
	if c.found.HasErrors() {
		return nil, nil, c.found.Sorted(), nil
	}
	definition.ChooseBuild(c.report)
	c.report.Converted("%s", terminal.Count(len(definition.Images), "image"))
	files, err := definition.Files()
	return files, c.report, c.found.Sorted(), err
}

type conversion struct {
	tree   importer.Tree
	target importer.Target
	report *importer.Report
	found  diagnostic.List
	images []*image
	// folders is how many were searched.
	folders int
	// looks are what to look at in several images at once.
	looks importer.Sentences
	// recipes have the names of distributions, which no image may have.
	recipes schema.Recipes
}

// image is a Containerfile and what becomes of it.
type image struct {
	file, content string
	parsed        containerfile.File
	made          importer.Image
	// on are the images of the tree that it is built on.
	on []*image
	// isSecond says that it is a Dockerfile beside a Containerfile.
	isSecond bool
	// out says that no image is made of it, which the report has.
	out bool
}

// convert makes the images.
func (c *conversion) convert() []importer.Image {
	c.name()
	for _, i := range c.images {
		i.made.Containerfile = path.Join(c.target.Folder, i.file)
		c.parse(i)
	}
	for _, i := range c.images {
		c.arguments(i)
	}
	c.parents()
	var made []importer.Image
	for _, i := range c.images {
		if !i.out {
			c.context(i)
			for _, id := range i.parsed.Secrets {
				c.looks.Add(c.line(i, 0), id, "a step mounts this secret: name its CI variable in `build: {secrets: …}`", i.made.Name)
			}
			made = append(made, i.made)
		}
	}
	c.looks.Tell(c.report.Look)
	return made
}

// parse reads a Containerfile. One that only builds with arguments that nobody wrote down is left out, as is one for Windows.
func (c *conversion) parse(i *image) {
	var err error
	i.parsed, err = containerfile.Parse([]byte(i.content), nil, "")
	var mistake *containerfile.Error
	switch {
	case errors.As(err, &mistake) && mistake.Argument != "":
		c.leaveOut(i, mistake.Line, mistake.Argument, "the argument has no default, and only who calls the builder knows its value")
	case errors.As(err, &mistake) && doubtful.MatchString(i.file):
		c.leaveOut(i, mistake.Line, path.Base(i.file), "it is no Containerfile, since "+mistake.Message)
	case errors.As(err, &mistake):
		c.found.Errorf(diagnostic.Import, c.line(i, mistake.Line), "%v", mistake)
	}
	if !i.out && !importer.Path.Takes(i.file) {
		c.leaveOut(i, 0, path.Base(i.file), "its path has a character that no path here may have")
	}
	if n := slices.IndexFunc(i.parsed.Parents, func(p containerfile.Parent) bool { return windows.MatchString(p.Reference) }); n >= 0 && !i.out {
		parent := i.parsed.Parents[n]
		c.leaveOut(i, parent.Line, parent.Reference, "there are no builders for Windows")
	}
}

func (c *conversion) leaveOut(i *image, line int, what, why string) {
	i.out = true
	c.report.Missing(c.line(i, line), what, "%s; the image is left out", why)
}

// line is a place in a Containerfile; zero is the whole file.
func (c *conversion) line(i *image, line int) diagnostic.Span {
	return diagnostic.Span{File: path.Join(c.tree.Name, i.file), Line: line}
}
