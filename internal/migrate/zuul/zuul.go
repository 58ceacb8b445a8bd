// Package zuul makes a definition of the images that a project's Zuul jobs build, upload and promote.
package zuul

import (
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Import returns the files of a definition: each image that the jobs build, once. The Containerfiles stay where they are. The
// list has everything that is wrong with the configuration; there are no files then.
func Import(tree importer.Tree, target importer.Target) ([]importer.File, *importer.Report, diagnostic.List, error) {
	c := &conversion{
		tree: tree, target: target, report: &importer.Report{},
		registries: map[string]string{}, variables: map[string]bool{}, notes: map[remark][]diagnostic.Span{},
	}
	c.layout.found = &c.found
	if err := c.read(); err != nil {
		return nil, nil, nil, err
	}
	c.collapse(c.entries())
	c.name()
	c.link()
	c.order()
	definition := importer.Definition{Project: target.Project}
	for _, i := range c.images {
		definition.Images = append(definition.Images, c.image(i))
	}
	if len(c.images) == 0 && !c.found.HasErrors() {
		c.report.Refuse(&c.found, diagnostic.Span{File: tree.Name}, "no job here has images of docker_images or container_images that can be converted")
	}
	if c.found.HasErrors() {
		return nil, nil, c.found.Sorted(), nil
	}
	c.tellNotes()
	definition.ChooseBuild(c.report)
	c.report.Converted("%s", terminal.Count(len(c.images), "image"))
	files, err := definition.Files()
	return files, c.report, c.found.Sorted(), err
}

type conversion struct {
	layout
	tree   importer.Tree
	target importer.Target
	report *importer.Report
	found  diagnostic.List
	images []*image
	// byRepository are the images that are pushed to each repository.
	byRepository map[string][]*image
	// registries are the first secrets of each, and variables the beginnings of the names of variables that were reported.
	registries map[string]string
	variables  map[string]bool
	// waited are the images that others come after.
	waited map[*image]bool
	// notes are remarks, each with its places.
	notes map[remark][]diagnostic.Span
	// others are the jobs without images; othersAt is the place of the first.
	others   []string
	othersAt diagnostic.Span
}

func (c *conversion) fail(at diagnostic.Span, format string, args ...any) *diagnostic.Diagnostic {
	return c.found.Errorf(diagnostic.Import, at, format, args...)
}

// read reads the configuration of the first place that has one.
func (c *conversion) read() error {
	files, passed, err := configuration(c.tree.FS)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		c.fail(diagnostic.Span{File: c.tree.Name}, "there is no %s here", strings.Join(roots, ", no "))
	}
	for _, root := range passed {
		c.report.Missing(diagnostic.Span{File: path.Join(c.tree.Name, root)}, root, "Zuul reads only the first place of %s, and this is another", strings.Join(roots, ", "))
	}
	if err := c.layout.read(c.tree.FS, c.tree.Name, files); err != nil {
		return err
	}
	c.reportCircles()
	return nil
}

// entries are the images that jobs list, in the order of the jobs.
func (c *conversion) entries() []entry {
	var out []entry
	for _, r := range c.runs() {
		var own []entry
		for _, format := range c.formats(r) {
			n := r.scope.list(r.vars[format])
			if text, ok := n.value.(string); ok && isExpression(text) {
				c.report.Missing(n.at, format, "the images are known only when the job runs; those of %s are left out", r.name)
				continue
			}
			if n.kind != list {
				c.fail(n.at, "%s must be a list of images", format)
				continue
			}
			read := c.container
			if format == varDockerImages {
				read = c.docker
			}
			for _, item := range n.items {
				if e, ok := read(r, item); ok {
					e.timeout = c.timeout(r)
					own = append(own, e)
				}
			}
		}
		c.settings(r)
		c.required(r, own)
		out = append(out, own...)
	}
	return out
}

// isThis says whether a project's whole name, "opendev.org/opendev/bindep", is this one's: it is the only one that has a
// stanza here, or its last part is called as the folder or the project on GitLab.
func (c *conversion) isThis(name string) bool {
	own, others := c.stanzas()
	if own != "" && !others && (own == name || strings.HasSuffix(name, "/"+own)) {
		return true
	}
	return c.isCalled(name) && (strings.Count(name, "/") == 2 || strings.Count(name, "/") == 1 && strings.Contains(name, "."))
}

// isCalled says whether the last part of a project's name is the folder's, or that of the project on GitLab.
func (c *conversion) isCalled(name string) bool {
	return path.Base(name) == c.tree.Root || c.target.Project != "" && path.Base(name) == path.Base(c.target.Project)
}

// image is an image's definition.
func (c *conversion) image(i *image) importer.Image {
	made := importer.Image{
		Name: i.name, Containerfile: path.Join(c.target.Folder, i.file), Target: i.target, Args: i.args, Labels: i.labels, Platforms: i.platforms,
	}
	if i.context != path.Dir(i.file) {
		made.Context = path.Join(c.target.Folder, i.context)
	}
	for name, parent := range i.parents {
		made.Parents = with[any](made.Parents, name, parent.name)
	}
	for _, before := range i.after {
		made.After = append(made.After, before.name)
	}
	if len(i.siblings) > 0 {
		var names string
		made.Sources, names = sources(i.siblings)
		made.Args = with(maps.Clone(made.Args), siblingArgument, names)
	}
	made.Build = c.build(i)
	made.Release = c.releases(i)
	if len(made.Release) == 0 {
		made.NoRelease = true
		if len(i.allTags()) > 0 && i.repository != "" && !slices.ContainsFunc(i.builds, func(e entry) bool { return e.run.stage == uploading }) && len(i.promotions) == 0 {
			c.report.Look(i.at, i.name, "no job of this tree uploads it, so it is released nowhere")
		}
	}
	return made
}
