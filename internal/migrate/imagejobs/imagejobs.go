// Package imagejobs makes a definition of the images that the jobs of a .gitlab-ci.yml build with commands such as `docker build`.
package imagejobs

import (
	"io/fs"
	"reflect"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/imagetool"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/script"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Source is a .gitlab-ci.yml.
type Source struct {
	// Tree has the files of the project, and Name is the path of the configuration in it.
	Tree fs.FS
	Name string
	// Root is the name of an image that is pushed to the registry path of the project itself.
	Root string
	// Project is the project's path on GitLab, or empty.
	Project string
}

// Import returns the files of a definition: each image that a command of a job builds. Its Containerfiles stay where they are.
// The list has what is wrong with the configuration; there are no files then. The error is one of the file system's.
func Import(source Source) ([]importer.File, *importer.Report, diagnostic.List, error) {
	recipes, err := schema.LoadRecipes()
	if err != nil {
		return nil, nil, nil, err
	}
	pipeline, found, err := ciyaml.Read(ciyaml.Source{Tree: source.Tree, Name: source.Name})
	if err != nil {
		return nil, nil, nil, err
	}
	c := &conversion{source: source, pipeline: pipeline, recipes: recipes, report: &importer.Report{}, found: found}
	if !found.HasErrors() {
		c.convert()
	}
	made := c.definition()
	switch {
	case c.found.HasErrors():
	case len(c.builds) == 0:
		for _, include := range pipeline.Unread {
			c.report.Missing(include.At, "include", "%s was not read", include)
		}
		c.report.Refuse(&c.found, diagnostic.Span{File: source.Name},
			"none of the %s of this file and of the files that it includes builds an image with docker, buildah, podman, nerdctl, img, kaniko, buildctl or compose", terminal.Count(len(c.jobs), "job"))
	case len(made.Images) == 0:
		c.report.Refuse(&c.found, diagnostic.Span{File: source.Name}, "no image can be made of the jobs that build images here")
	}
	if c.found.HasErrors() {
		return nil, nil, c.found.Sorted(), nil
	}
	made.ChooseBuild(c.report)
	c.report.Converted("%s of %s", terminal.Count(len(made.Images), "image"), terminal.Count(len(c.imageJobs()), "image job"))
	files, err := made.Files()
	return append(files, c.inline()...), c.report, c.found.Sorted(), err
}

type conversion struct {
	source   Source
	pipeline *ciyaml.Pipeline
	recipes  schema.Recipes
	report   *importer.Report
	found    diagnostic.List
	jobs     []*job
	builds   []*build
	images   []*image
	// tested has the images of jobs that only run commands in images, which became tests, by the name of the job.
	tested map[string][]string
	// lost and looks are what is said of several jobs at once: what has no counterpart, and what to look at.
	lost, looks importer.Sentences
}

// job is a job with one combination of its matrix.
type job struct {
	*ciyaml.Job
	label     string
	variables ciyaml.Variables
	// actions are the commands that concern images, and others the programs of all other commands.
	actions []action
	// begin is where the actions with the variables begin that are being read.
	begin int
	// plain are the commands that do not handle images, and upkeep those that only look at images, or pull and remove them.
	plain, upkeep []script.Command
	others        []other
	logins        []imagetool.Login
	builds        []*build
}

// other is a program of a job that concerns no image, and where it runs first.
type other struct {
	name string
	at   diagnostic.Span
}

// action is a command that concerns images, as imagetool reads it.
type action struct {
	command script.Command
	does    any
}

// build is a command that builds an image.
type build struct {
	imagetool.Build
	job     *job
	command script.Command
	// file and context are paths below the project's root, and content is that of the Containerfile.
	file, context string
	content       []byte
	// isInline says that the script contains the Containerfile. It writes it to scriptFile, or passes it to the builder.
	isInline   bool
	scriptFile string
	// before are the commands of the job before this one.
	before []action
	// names are all names that the image gets, and pushed those in registries.
	names  []string
	pushed []pushed
	image  *image
	out    bool
}

// pushed is a name that a command of a job pushes.
type pushed struct {
	name string
	job  *job
	at   diagnostic.Span
}

// image is what one or more builds become.
type image struct {
	builds []*build
	made   importer.Image
	parsed containerfile.File
	// own is the repository below the project's registry path; "." is that path itself.
	own string
	on  []*image
	out bool
}

func (c *conversion) convert() {
	c.collect()
	for _, b := range c.builds {
		c.locate(b)
	}
	c.follow()
	c.group()
	c.name()
	for _, i := range c.converted() {
		c.arguments(i)
	}
	for _, i := range c.converted() {
		c.parents(i)
	}
	c.dropChildren()
	for _, i := range c.converted() {
		c.fill(i)
		c.release(i)
	}
	c.claim()
	c.tests()
	c.stages()
	c.tell()
	c.users()
	c.mentions()
	c.unread()
	c.lost.Tell(c.report.Missing)
	c.looks.Tell(c.report.Look)
}

// converted are the images that are made.
func (c *conversion) converted() []*image {
	return slices.DeleteFunc(slices.Clone(c.images), func(i *image) bool { return i.out })
}

// imageJobs are the names of the jobs that build images.
func (c *conversion) imageJobs() []string {
	var names []string
	for _, b := range c.builds {
		if !slices.Contains(names, b.job.Name) {
			names = append(names, b.job.Name)
		}
	}
	return names
}

// definition has the images. What all of them have is in the defaults.
func (c *conversion) definition() importer.Definition {
	made := importer.Definition{Project: c.source.Project}
	for _, i := range c.converted() {
		made.Images = append(made.Images, i.made)
	}
	if len(made.Images) < 2 {
		return made
	}
	first := made.Images[0]
	isSame := func(same func(importer.Image) bool) bool {
		return !slices.ContainsFunc(made.Images, func(i importer.Image) bool { return !same(i) })
	}
	defaults := importer.Image{}
	if first.Stages != nil && isSame(func(i importer.Image) bool { return i.Stages != nil && *i.Stages == *first.Stages }) {
		defaults.Stages = first.Stages
	}
	if first.Runners != nil && isSame(func(i importer.Image) bool { return reflect.DeepEqual(i.Runners, first.Runners) }) {
		defaults.Runners = first.Runners
	}
	if defaults.Stages == nil && defaults.Runners == nil {
		return made
	}
	made.Defaults = &defaults
	for n := range made.Images {
		if defaults.Stages != nil {
			made.Images[n].Stages = nil
		}
		if defaults.Runners != nil {
			made.Images[n].Runners = nil
		}
	}
	return made
}

// leaveOut says why no image is made of a build, once.
func (c *conversion) leaveOut(b *build, format string, args ...any) {
	if !b.out {
		b.out = true
		c.report.Missing(b.command.At, b.job.label, "no image is made of `"+b.short()+"`: "+format, args...)
	}
}

// drop leaves out an image with all its builds.
func (c *conversion) drop(i *image, format string, args ...any) {
	i.out = true
	for _, b := range i.builds {
		c.leaveOut(b, format, args...)
	}
}

// unread names the includes that were not read, and those that were read as if their rules held.
func (c *conversion) unread() {
	for _, include := range c.pipeline.Unread {
		c.report.Look(include.At, "include", "%s was not read, and image jobs in it are not in the definition", include)
	}
	for _, include := range c.pipeline.Conditional {
		c.report.Look(include.At, "include", "%s was read as if its rules held", include)
	}
}

// inline are the Containerfiles that scripts contain.
func (c *conversion) inline() []importer.File {
	var out []importer.File
	for _, i := range c.converted() {
		if b := i.builds[0]; b.isInline {
			out = append(out, importer.File{Path: i.made.Containerfile, Content: b.content})
		}
	}
	return out
}
