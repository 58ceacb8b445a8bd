package dockerpkg

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/importer"
)

// conversion turns a tree into a definition.
type conversion struct {
	tree   *tree
	target Target
	report *importer.Report
	edges  map[*image][]edge
}

// files returns the definition and the Dockerfiles.
func (c *conversion) files() ([]importer.File, error) {
	c.edges = map[*image][]edge{}
	d := &importer.Definition{Project: c.target.Project}
	c.judge()
	var files []importer.File
	for _, i := range c.tree.images {
		control := c.tree.controlEdges(i)
		if !i.isRendered || c.isLeftOut(i) {
			continue
		}
		dockerfile, edges := c.link(i)
		c.edges[i] = append(edges, c.unused(i, control, edges)...)
		d.Images = append(d.Images, c.image(i))
		files = append(files, importer.File{Path: c.path(i, "Dockerfile"), Content: []byte(dockerfile)})
	}
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
	d.ChooseBuild(c.report)
	own, err := d.Files()
	return append(own, files...), err
}

// judge finds the images that no builder can build, and those whose names cannot stay.
func (c *conversion) judge() {
	for _, i := range c.tree.images {
		if err := importer.CheckName(i.name); err != nil {
			c.tree.found.Errorf(diagnostic.Import, c.tree.at(path.Join(i.folder, changelogFile), i.heading, 1), "%v", err)
		}
		if !i.isRendered {
			continue
		}
		if _, err := containerfile.Parse([]byte(i.rendered), nil, ""); err != nil {
			i.unusable = err.Error()
		}
	}
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
func (c *conversion) image(i *image) importer.Image {
	c.reportImage(i)
	return importer.Image{
		Name:          i.name,
		Containerfile: c.path(i, "Dockerfile"),
		Tag:           importer.TagSource{Changelog: c.path(i, changelogFile)},
	}
}

// link returns an image's Dockerfile with the images of the tree as its parents: what docker-pkg renders, but each FROM of
// an image of the tree through an argument that has the image's name, and each other place with that name.
func (c *conversion) link(i *image) (dockerfile string, edges []edge) {
	places := imagePlaces(i.rendered)
	l := &linking{conversion: c, image: i, places: places, stages: map[string]bool{}, linked: map[string]bool{}}
	for _, place := range places {
		if place.as != "" {
			l.stages[strings.ToLower(place.as)] = true
		}
	}
	first := firstFrom(i.rendered)
	var body strings.Builder
	last := first
	for _, place := range places {
		if replacement, ok := l.replace(place); ok && place.from >= last {
			body.WriteString(i.rendered[last:place.from] + replacement)
			last = place.to
		}
	}
	body.WriteString(i.rendered[last:])
	l.reportText()
	slices.Sort(l.arguments)
	dockerfile = i.rendered[:first] + strings.Join(slices.Compact(l.arguments), "") + body.String()
	if !strings.HasSuffix(dockerfile, "\n") {
		dockerfile += "\n"
	}
	return dockerfile, l.edges
}

// firstFrom is the offset of the line of the first FROM.
func firstFrom(source string) int {
	for _, i := range instructions(source) {
		if i.keyword == "FROM" {
			return i.from
		}
	}
	return len(source)
}

// linking is the conversion of one Dockerfile.
type linking struct {
	*conversion
	image  *image
	places []imagePlace
	// stages are the names of the stages, in lower case.
	stages    map[string]bool
	arguments []string
	// edges are the parents, each once.
	edges []edge
	// linked are the references that became parents.
	linked map[string]bool
}

// replace returns what stands in the place of an image of the tree.
func (l *linking) replace(place imagePlace) (string, bool) {
	reference := l.image.rendered[place.from:place.to]
	repository, tag := cutTag(reference)
	parent := l.tree.byRepository(repository)
	if parent == nil || l.stages[strings.ToLower(reference)] {
		return "", false
	}
	at := l.place(reference)
	switch {
	case tag == "" || tag == "latest":
		l.report.Look(at, reference, "this is the newest that was published; the image of the tree takes its place, as the tree has it")
	case tag != parent.tag:
		l.report.Look(at, reference, "the tree has this image with the tag %s; the reference stays as it is, a parent from outside", parent.tag)
		return "", false
	case l.stages[parent.name] && !place.isFrom:
		l.report.Look(at, reference, "a stage has the name of the image %s; the reference stays as it is, a parent from outside", parent.name)
		return "", false
	}
	l.linked[reference] = true
	if !slices.ContainsFunc(l.edges, func(e edge) bool { return e.to == parent }) {
		l.edges = append(l.edges, edge{parent, at})
	}
	if !place.isFrom {
		return parent.name, true
	}
	argument := argumentName(parent.name)
	l.arguments = append(l.arguments, fmt.Sprintf("ARG %s=%s\n", argument, parent.name))
	return "${" + argument + "}", true
}

// place is where the template asks for a reference, or the line of the rendered Dockerfile where it is written out.
func (l *linking) place(reference string) diagnostic.Span {
	for _, tag := range l.image.tags {
		if tag.reference == reference {
			return tag.at
		}
	}
	for n, line := range strings.Split(l.image.template, "\n") {
		if _, name, _ := strings.Cut(reference, "/"); strings.Contains(line, name) {
			return l.tree.at(path.Join(l.image.folder, templateFile), n+1, 0)
		}
	}
	return l.tree.at(path.Join(l.image.folder, templateFile), 0, 0)
}

// reportText reports references and versions that became plain text, and so do not follow the images that they name.
func (l *linking) reportText() {
	parts := map[string]bool{}
	for _, version := range l.image.versions {
		parts[version.reference] = true
		l.report.Look(version.at, "upstream_version", "the version of %s is written into the Dockerfile and does not follow that image any more", version.reference)
	}
	for _, tag := range l.image.tags {
		if !l.linked[tag.reference] && !parts[tag.reference] && strings.Contains(l.image.rendered, tag.reference) && !l.isPlace(tag.reference) {
			l.report.Look(tag.at, "image_tag", "%s is written into the Dockerfile as text and does not follow that image any more", tag.reference)
		}
	}
}

// isPlace reports whether a reference stands where a Dockerfile names an image.
func (l *linking) isPlace(reference string) bool {
	return slices.ContainsFunc(l.places, func(p imagePlace) bool {
		return l.image.rendered[p.from:p.to] == reference
	})
}

// argumentName is the argument of a Dockerfile that holds an image's name.
func argumentName(name string) string {
	return "IMAGE_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// byRepository returns the image of the tree that is published to a repository, or nil.
func (t *tree) byRepository(repository string) *image {
	i := t.byName[path.Base(repository)]
	if i == nil || i.unusable != "" || t.config.repository(i.name) != repository {
		return nil
	}
	return i
}

// unused returns the parents that control names and the Dockerfile does not use, and reports them.
func (c *conversion) unused(i *image, control, used []edge) []edge {
	var out []edge
	for _, e := range control {
		if e.to.unusable != "" || slices.ContainsFunc(used, func(u edge) bool { return u.to == e.to }) {
			continue
		}
		c.report.Missing(e.at, e.to.name, "%s is built after it, but its Dockerfile does not use it: such an order cannot be said, and is not needed", i.name)
		out = append(out, e)
	}
	return out
}

// reportImage reports what of an image has no counterpart.
func (c *conversion) reportImage(i *image) {
	if i.files[testFile] {
		c.report.Missing(c.tree.at(path.Join(i.folder, testFile), 0, 0), testFile,
			"it runs outside of the image, with the image's name as its argument; tests run inside")
	}
	for _, d := range i.depends {
		if d.restriction != "" {
			c.report.Look(c.tree.at(path.Join(i.folder, controlFile), d.line, 1), d.name+" "+d.restriction, "versions of parents are not compared; the newest is used")
		}
	}
	if strings.ContainsAny(i.tag, ":~+") {
		c.report.Look(c.tree.at(path.Join(i.folder, changelogFile), i.heading, 1), i.tag, "a tag has no : ~ and +; they are written _ - and -")
	}
	c.reportIgnore(i)
	c.reportUser(i)
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

// reportUser reports a last USER that is no number, where the configuration asks for one.
func (c *conversion) reportUser(i *image) {
	if !c.tree.config.forceNumericUser {
		return
	}
	last := ""
	for line := range strings.SplitSeq(i.rendered, "\n") {
		if user, ok := strings.CutPrefix(line, "USER "); ok {
			last = strings.TrimSpace(user)
		}
	}
	if strings.Trim(cmp.Or(last, "0"), "0123456789:") != "" {
		c.report.Look(c.tree.at(path.Join(i.folder, templateFile), 0, 0), "USER "+last, "it is no number, and docker-pkg refuses to build the image (force_numeric_user)")
	}
}
