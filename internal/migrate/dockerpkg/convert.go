package dockerpkg

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// conversion turns a tree into a definition.
type conversion struct {
	tree   *tree
	target Target
	report *importer.Report
	// edges are the parents of each image, and what only control names.
	edges map[*image][]edge
	// verify is how images are verified.
	verify verification
	// looks are what to look at in several images at once.
	looks importer.Sentences
	// images and parents count what the definition has.
	images, parents int
}

// files returns the definition and the Dockerfiles.
func (c *conversion) files() ([]importer.File, error) {
	c.edges = map[*image][]edge{}
	d := &importer.Definition{Project: c.target.Project}
	c.judge()
	c.verify = c.verification()
	var files []importer.File
	for _, i := range c.tree.images {
		control := c.tree.controlEdges(i)
		if !i.isRendered || c.isLeftOut(i) {
			continue
		}
		dockerfile, edges := c.link(i)
		c.images, c.parents = c.images+1, c.parents+len(edges)
		after := c.unused(i, control, edges)
		c.edges[i] = append(edges, after...)
		d.Images = append(d.Images, c.image(i, after))
		files = append(files, importer.File{Path: c.path(i, "Dockerfile"), Content: []byte(dockerfile)})
	}
	c.looks.Tell(c.report.Look)
	c.tree.reportCycles(c.edges)
	if c.tree.found.HasErrors() {
		return nil, nil
	}
	if c.target.Copy {
		copied, err := c.copies()
		if err != nil {
			return nil, err
		}
		files = append(files, copied...)
	}
	d.Defaults = c.defaults()
	d.ChooseBuild(c.report)
	own, err := d.Files()
	return append(own, files...), err
}

// judge finds the images that no builder can build, and those whose names cannot stay.
func (c *conversion) judge() {
	names := map[string]*image{}
	for _, i := range c.tree.images {
		if other := names[argumentName(i.name)]; other != nil && other.name != i.name {
			c.tree.found.Errorf(diagnostic.NameCollision, c.heading(i), "%q and %q are one name where only letters, digits and _ are allowed", other.name, i.name).
				WithNote(c.heading(other), "the other is here").WithHint("rename one of them")
		}
		names[argumentName(i.name)] = i
		if !importer.Path.Takes(i.folder) {
			c.tree.found.Errorf(diagnostic.Import, c.heading(i), "the folder of %s has a character that no path here may have", i.name).WithHint("rename it")
		}
		if err := importer.CheckName(i.name); err != nil {
			c.tree.found.Errorf(diagnostic.Import, c.heading(i), "%v", err)
		}
		if !i.isRendered {
			continue
		}
		if _, err := containerfile.Parse([]byte(i.rendered), nil, ""); err != nil {
			i.unusable = err.Error()
		}
	}
}

// heading is the place of an image's name and tag.
func (c *conversion) heading(i *image) diagnostic.Span {
	return c.tree.at(path.Join(i.folder, changelogFile), i.heading, 1)
}

// isLeftOut reports an image that cannot be built, and leaves it out.
func (c *conversion) isLeftOut(i *image) bool {
	if i.unusable != "" {
		c.report.Missing(c.tree.at(path.Join(i.folder, templateFile), 0, 0), i.name, "it is left out, since nothing can build its Dockerfile: %s", i.unusable)
	}
	return i.unusable != ""
}

// path is the path of an image's file below the folder that is written to.
func (c *conversion) path(i *image, file string) string {
	return path.Join(c.target.Folder, i.folder, file)
}

// image is an image's definition: the changelog stays the source of its tag.
func (c *conversion) image(i *image, after []edge) importer.Image {
	c.reportImage(i)
	var names []string
	for _, e := range after {
		names = append(names, e.to.name)
	}
	return importer.Image{
		Name:          i.name,
		Containerfile: c.path(i, "Dockerfile"),
		After:         names,
		Tag:           importer.TagSource{Changelog: c.path(i, changelogFile)},
		Tests:         c.tests(i),
	}
}

// unused returns the images that control names and the Dockerfile does not use.
func (c *conversion) unused(i *image, control, used []edge) []edge {
	var out []edge
	for _, e := range control {
		if e.to.unusable != "" || slices.ContainsFunc(used, func(u edge) bool { return u.to == e.to }) {
			continue
		}
		c.report.Look(e.at, e.to.name, "%s is built after it, but its Dockerfile does not use it: a change of the one is none of the other", i.name)
		out = append(out, e)
	}
	return out
}

// reportImage reports what of an image has no counterpart.
func (c *conversion) reportImage(i *image) {
	for _, d := range i.depends {
		if d.restriction != "" {
			c.report.Look(c.tree.at(path.Join(i.folder, controlFile), d.line, 1), d.name+" "+d.restriction, "versions of parents are not compared; the newest is used")
		}
	}
	if strings.ContainsAny(i.tag, ":~+") {
		c.report.Look(c.heading(i), i.tag, "a tag has no : ~ and +; they are written _ - and -")
	}
	c.reportIgnore(i)
}

// reportIgnore reports patterns that docker-pkg reads in another way: it removes what it ignores before it looks at "!".
func (c *conversion) reportIgnore(i *image) {
	if !i.files[ignoreFile] {
		return
	}
	source, ok := c.tree.read(path.Join(i.folder, ignoreFile))
	if !ok {
		return
	}
	for n, line := range strings.Split(string(source), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "!") {
			c.report.Look(c.tree.at(path.Join(i.folder, ignoreFile), n+1, 1), strings.TrimSpace(line), "the file is sent to the build again; docker-pkg leaves it out")
		}
	}
}
