// Package citemplates makes a definition of a .gitlab-ci.yml that builds its images with freedesktop's ci-templates.
package citemplates

import (
	"io/fs"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Import returns the files of a definition: each job that builds a container in the file of this path below the tree of its project is
// an image. project is the project's path on GitLab, or empty. The list has everything that is wrong with the file and those it
// includes; there are no files then.
func Import(tree fs.FS, name, project string) ([]importer.File, *importer.Report, diagnostic.List, error) {
	recipes, err := schema.LoadRecipes()
	if err != nil {
		return nil, nil, nil, err
	}
	pipeline, found, err := ciyaml.Read(ciyaml.Source{Tree: tree, Name: name, Elsewhere: templates{}})
	if err != nil {
		return nil, nil, nil, err
	}
	c := &conversion{tree: tree, name: name, pipeline: pipeline, recipes: recipes, report: &importer.Report{}, found: found, project: project}
	if !found.HasErrors() {
		c.convert()
	}
	switch {
	case c.found.HasErrors():
	case len(c.builds) == 0:
		c.found.Errorf(diagnostic.Import, diagnostic.Span{File: name}, "none of the %s of this file and of the files that it includes extends .fdo.container-build@DISTRIBUTION", terminal.Count(len(pipeline.Jobs), "job")).
			WithHint("`stemma import gitlab-ci` reads jobs that build with docker, buildah, podman or kaniko")
	case len(c.converted()) == 0:
		c.report.Refuse(&c.found, diagnostic.Span{File: name}, "no build job can become an image")
	}
	if c.found.HasErrors() {
		return nil, nil, c.found.Sorted(), nil
	}
	made := importer.Definition{Project: c.project}
	for _, b := range c.converted() {
		made.Images = append(made.Images, b.image)
	}
	made.ChooseBuild(c.report)
	c.report.Converted("%s of %s", terminal.Count(len(made.Images), "image"), terminal.Count(len(c.builds), "build job"))
	files, err := made.Files()
	return files, c.report, c.found.Sorted(), err
}

type conversion struct {
	tree     fs.FS
	name     string
	pipeline *ciyaml.Pipeline
	recipes  schema.Recipes
	report   *importer.Report
	found    diagnostic.List
	project  string
	builds   []*build
	// places are the builds by the repository and tag of their images.
	places map[string]*build
	// lost and jobs are what is said of several jobs at once: what has no counterpart, and what to look at.
	lost, jobs importer.Sentences
}

// build is a job that builds an image, with one combination of its matrix.
type build struct {
	job       *ciyaml.Job
	label     string
	template  template
	variables ciyaml.Variables
	// place is the repository below the project's, and tag the tag, as far as they are known.
	place, tag string
	image      importer.Image
	// out says that no image is made of it: the report has why.
	out bool
	// twin is the build that makes the same image, and parent the one that makes its base.
	twin, parent *build
}

// original is the build that is converted for this one.
func (b *build) original() *build {
	if b.twin != nil {
		return b.twin
	}
	return b
}

func (c *conversion) convert() {
	c.collect()
	c.chooseProject()
	for _, b := range c.builds {
		c.fill(b)
	}
	c.joinTwins()
	c.chooseNames()
	for _, b := range c.converted() {
		c.base(b)
	}
	c.settleChildren()
	for _, b := range c.converted() {
		c.tell(b)
	}
	for _, b := range c.builds {
		if !b.original().out {
			c.keys(b)
		}
	}
	c.users()
	c.includes()
	c.lost.Tell(c.report.Missing)
	c.jobs.Tell(c.report.Look)
}

// collect finds the build jobs, and the hidden ones that no job extends.
func (c *conversion) collect() {
	used := map[string]bool{}
	for _, job := range c.pipeline.Jobs {
		if !job.IsHidden() {
			for _, parent := range job.Parents {
				used[parent.Name] = true
			}
		}
	}
	for _, job := range c.pipeline.Jobs {
		t, ok := builder(job)
		switch {
		case !ok || job.IsHidden() && used[job.Name]:
		case job.IsHidden() && !strings.HasPrefix(job.Name, ".fdo."):
			c.report.Missing(job.At, job.Name, "no job extends it, so it builds nothing")
		case !job.IsHidden():
			for _, combination := range job.Combinations() {
				b := &build{job: job, label: job.Name, template: t, variables: combination.Variables}
				if combination.Label != "" {
					b.label += ": [" + combination.Label + "]"
				}
				c.builds = append(c.builds, b)
			}
		}
	}
}

// converted are the builds that are images.
func (c *conversion) converted() []*build {
	return slices.DeleteFunc(slices.Clone(c.builds), func(b *build) bool { return b.out })
}

// leaveOut says why a build is no image.
func (c *conversion) leaveOut(b *build, at diagnostic.Span, format string, args ...any) {
	if at.File == "" {
		at = b.job.At
	}
	b.out = true
	c.report.Missing(at, b.label, "no image is made of it: "+format, args...)
}

// chooseProject takes the project's path from FDO_UPSTREAM_REPO, where all builds name the same.
func (c *conversion) chooseProject() {
	var names []string
	var at diagnostic.Span
	for _, b := range c.builds {
		name, unknown := b.variables.Get(schema.VarUpstreamRepo)
		if name != "" && len(unknown) == 0 && !slices.Contains(names, name) {
			names, at = append(names, name), b.variables[schema.VarUpstreamRepo].At
		}
	}
	switch {
	case len(names) == 1 && c.project == "" && importer.ProjectPath.Takes(names[0]):
		c.project = names[0]
		c.report.Look(at, schema.VarUpstreamRepo, "it is the definition's `project` now: forks copy what %s has built", names[0])
	case len(names) > 0 && (len(names) > 1 || names[0] != c.project):
		c.report.Missing(at, schema.VarUpstreamRepo, "forks copy images of one project, the definition's `project`, and of no other: %s", strings.Join(names, ", "))
	}
}
