// Package bakefiles makes a definition of the images that docker-bake and compose files say how to build.
package bakefiles

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/bake"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Source is the files and the tree that contains them.
type Source struct {
	importer.Tree
	// Files are the paths of docker-bake files, later ones over earlier ones, or of one compose file.
	Files []string
}

// The names that `docker buildx bake` and `docker compose` look for, in their order.
var (
	bakeNames    = []string{"docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"}
	composeNames = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}
)

// Find returns the files at the top of a tree that say how images are built: all docker-bake files, or the first compose file.
func Find(tree fs.FS) []string {
	exists := func(name string) bool {
		info, err := fs.Stat(tree, name)
		return err == nil && info.Mode().IsRegular()
	}
	var out []string
	for _, name := range bakeNames {
		if exists(name) {
			out = append(out, name)
		}
	}
	if i := slices.IndexFunc(composeNames, exists); i >= 0 && len(out) == 0 {
		out = append(out, composeNames[i])
	}
	return out
}

// IsCompose reports whether a file is a compose file, by its name.
func IsCompose(name string) bool { return slices.Contains([]string{".yml", ".yaml"}, path.Ext(name)) }

// Import returns the files of a definition: each target, or service with a `build`, is an image. Its Containerfiles stay where they
// are. The list has everything that is wrong; there are no files then. Where nothing is built there is neither a file nor an error.
func Import(source Source, target importer.Target) ([]importer.File, *importer.Report, diagnostic.List, error) {
	recipes, err := schema.LoadRecipes()
	if err != nil {
		return nil, nil, nil, err
	}
	c := &conversion{source: source, target: target, recipes: recipes, report: &importer.Report{}}
	targets, variables, found, err := read(source)
	c.found = found
	if err != nil || found.HasErrors() || len(targets) == 0 {
		return nil, nil, found.Sorted(), err
	}
	c.convert(targets)
	if len(c.converted()) == 0 && !c.found.HasErrors() {
		c.report.Refuse(&c.found, source.at(source.Files[0]), "no target can become an image")
	}
	if c.found.HasErrors() {
		return nil, nil, c.found.Sorted(), nil
	}
	if len(variables) > 0 {
		c.report.Look(source.at(source.Files[0]), "variables", "the environment may set %s; their defaults are in the definition", strings.Join(variables, ", "))
	}
	c.unread()
	definition := importer.Definition{Project: target.Project}
	for _, i := range c.converted() {
		definition.Images = append(definition.Images, i.made)
	}
	definition.ChooseBuild(c.report)
	c.report.Converted("%s of %s", terminal.Count(len(definition.Images), "image"), terminal.Count(len(c.images), "target"))
	files, err := definition.Files()
	return append(files, c.inline()...), c.report, c.found.Sorted(), err
}

// unread names the files beside those that were read that docker would read as well.
func (c *conversion) unread() {
	others := []string{"compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml", "docker-compose.override.yml"}
	if !IsCompose(c.source.Files[0]) {
		others = composeNames
	}
	for _, name := range others {
		name = path.Join(path.Dir(c.source.Files[0]), name)
		if info, err := fs.Stat(c.source.FS, name); err == nil && info.Mode().IsRegular() {
			c.report.Look(c.source.at(name), "file", "it was not read, and what it builds or changes is not in the definition")
		}
	}
}

// at is a file of the tree, as findings name it.
func (s Source) at(name string) diagnostic.Span {
	return diagnostic.Span{File: path.Join(s.Name, name)}
}

// read reads the files; all places are as findings name them.
func read(source Source) (targets []bake.Target, variables []string, found diagnostic.List, err error) {
	if IsCompose(source.Files[0]) {
		targets, variables, found, err = bake.Compose(source.FS, source.Files[0])
	} else {
		var files []bake.File
		for _, name := range source.Files {
			content, err := fs.ReadFile(source.FS, name)
			if err != nil {
				return nil, nil, nil, err
			}
			files = append(files, bake.File{Name: name, Content: content})
		}
		targets, variables, found = bake.Read(files)
	}
	for n := range targets {
		targets[n].At.File = path.Join(source.Name, targets[n].At.File)
		for key, other := range targets[n].Others {
			other.At.File = path.Join(source.Name, other.At.File)
			targets[n].Others[key] = other
		}
	}
	for n := range found {
		found[n].Span.File = path.Join(source.Name, found[n].Span.File)
		for i := range found[n].Notes {
			found[n].Notes[i].Span.File = path.Join(source.Name, found[n].Notes[i].Span.File)
		}
	}
	return targets, variables, found, err
}

type conversion struct {
	source  Source
	target  importer.Target
	report  *importer.Report
	found   diagnostic.List
	recipes schema.Recipes
	images  []*image
	// lost and looks are what is said of several images at once: what has no counterpart, and what to look at.
	lost, looks importer.Sentences
}

// image is a target and what it becomes.
type image struct {
	bake.Target
	made importer.Image
	// content is that of the Containerfile, and parsed what it says of its parents.
	content []byte
	parsed  containerfile.File
	// on are the targets that it is built on.
	on []*image
	// out says that no image is made of it: the report has why.
	out bool
}

func (c *conversion) convert(targets []bake.Target) {
	for _, t := range targets {
		if t.IsPart {
			c.looks.Add(t.At, "targets", "nothing builds them, and others inherit them: they are no images", t.Name)
			continue
		}
		i := &image{Target: t}
		c.images = append(c.images, i)
		if makesNoImage(t) && !isContext(t.Name, targets) {
			c.leaveOut(i, "it makes files, and no image")
			continue
		}
		c.name(i)
		c.fill(i)
	}
	c.checkNames()
	c.parents()
	c.dropChildren()
	c.claim()
	for _, i := range c.converted() {
		c.remark(i)
	}
	c.lost.Tell(c.report.Missing)
	c.looks.Tell(c.report.Look)
}

// remark says what is to be looked at in an image.
func (c *conversion) remark(i *image) {
	if i.Inline != "" {
		c.report.Look(i.At, i.Name, "the Dockerfile in its text is %s now", i.made.Containerfile)
	}
	if len(i.made.Platforms) > 1 {
		c.looks.Add(i.At, "platforms", "each has a job of its own, on a runner that can build for it: set `runners`", i.Name)
	}
	if len(i.made.Release) > 0 {
		c.looks.Add(i.At, "tags", "images are released to them from the default branch; set `credentials` for places outside of this GitLab", i.Name)
	}
	for _, key := range i.Open {
		c.lost.Add(i.At, key, "only the machine that builds knows its value", i.Name)
	}
}

// inline are the Containerfiles that other files contain.
func (c *conversion) inline() []importer.File {
	var out []importer.File
	for _, i := range c.converted() {
		if i.Inline != "" {
			out = append(out, importer.File{Path: i.made.Containerfile, Content: i.content})
		}
	}
	return out
}

// makesNoImage reports whether all outputs of a target are something else than an image.
func makesNoImage(t bake.Target) bool {
	return len(t.Outputs) > 0 && !slices.ContainsFunc(t.Outputs, func(kind string) bool { return !slices.Contains([]string{"local", "tar", "cacheonly"}, kind) })
}

// isContext reports whether others are built on a target.
func isContext(name string, targets []bake.Target) bool {
	return slices.ContainsFunc(targets, func(t bake.Target) bool {
		for _, meaning := range t.Contexts {
			if other, ok := bake.TargetOf(meaning); ok && other == name {
				return true
			}
		}
		return false
	})
}

// converted are the targets that are images.
func (c *conversion) converted() []*image {
	return slices.DeleteFunc(slices.Clone(c.images), func(i *image) bool { return i.out })
}

// leaveOut says why a target is no image, once.
func (c *conversion) leaveOut(i *image, format string, args ...any) {
	if i.out {
		return
	}
	i.out = true
	c.report.Missing(i.At, i.Name, "no image is made of it: "+format, args...)
}

func (c *conversion) name(i *image) {
	i.made.Name = strings.ToLower(i.Name)
	if i.Name == "default" {
		i.made.Name = strings.ToLower(c.source.Root)
	}
	if _, isDistribution := c.recipes.Recipe(i.made.Name); isDistribution {
		i.made.Name += "-image"
		c.report.Look(i.At, i.Name, "a distribution has this name, so the image is %s", i.made.Name)
	}
	if err := importer.CheckName(i.made.Name); err != nil {
		c.found.Errorf(diagnostic.Import, i.At, "the image cannot be called %s: %v", diagnostic.Quote(i.made.Name), err).WithHint("rename the target")
	}
}

func (c *conversion) checkNames() {
	first := map[string]*image{}
	for _, i := range c.converted() {
		if other, ok := first[i.made.Name]; ok {
			c.found.Errorf(diagnostic.Import, i.At, "%s and %s would both be the image %s", other.Name, i.Name, i.made.Name).WithNote(other.At, "the other one").WithHint("rename one of them")
		}
		first[i.made.Name] = i
	}
}

// dropChildren leaves out what is built on what is left out.
func (c *conversion) dropChildren() {
	for changed := true; changed; {
		changed = false
		for _, i := range c.converted() {
			if n := slices.IndexFunc(i.on, func(parent *image) bool { return parent.out }); n >= 0 {
				c.leaveOut(i, "it is built on %s, of which none is made", i.on[n].Name)
				changed = true
			}
		}
	}
}
