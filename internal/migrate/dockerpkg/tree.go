// Package dockerpkg imports the image trees of docker-pkg, https://doc.wikimedia.org/docker-pkg/: folders with a template of a
// Dockerfile and a Debian changelog, and one configuration for all of them.
package dockerpkg

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jinja"
)

// The files of an image.
const (
	templateFile  = "Dockerfile.template"
	changelogFile = "changelog"
	controlFile   = "control"
	testFile      = "test.sh"
	ignoreFile    = ".dockerignore"
	// oldTemplateFile is the template of an artifact build, which docker-pkg had before version 3.
	oldTemplateFile = "Dockerfile.build.template"
)

// image is an image of a tree.
type image struct {
	// folder is below the tree, "." for the tree itself.
	folder    string
	name, tag string
	// heading is the line of the changelog that gives both.
	heading  int
	depends  []dependency
	files    map[string]bool
	template string
	// rendered is the Dockerfile as docker-pkg renders it; isRendered says that it could be.
	rendered   string
	isRendered bool
	// unusable says why nothing can build the Dockerfile, or is empty.
	unusable string
	// tags are the places of the template that ask for the reference of an image, and versions those that take the version
	// of one apart.
	tags, versions []use
}

// use is a place of a template that speaks of another image.
type use struct {
	reference string
	at        diagnostic.Span
}

// tree is a tree of images with its configuration.
type tree struct {
	fsys   fs.FS
	name   string
	config *config
	found  *diagnostic.List
	images []*image
	byName map[string]*image
	// broken are the images that could not be read, by their folders' last names.
	broken map[string]bool
	// references are the whole references of the images and base images, by repository.
	references map[string]string
	// lonely are the files of folders with only one of the two that make an image, and the name of the other.
	lonely []located
	// old are templates of artifact builds.
	old []string
}

// at is the place of a line of a file of the tree; column zero is the whole line.
func (t *tree) at(file string, line, column int) diagnostic.Span {
	return diagnostic.Span{File: path.Join(t.name, file), Line: line, Column: column}
}

// scan finds the images.
func (t *tree) scan() error {
	folders, err := t.folders()
	if err != nil {
		return err
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		files := folders[folder]
		if files[oldTemplateFile] {
			t.old = append(t.old, path.Join(folder, oldTemplateFile))
		}
		switch {
		case files[templateFile] && files[changelogFile]:
			t.load(folder, files)
		case files[templateFile]:
			t.lonely = append(t.lonely, located{changelogFile, t.at(path.Join(folder, templateFile), 0, 0)})
		case files[changelogFile]:
			t.lonely = append(t.lonely, located{templateFile, t.at(path.Join(folder, changelogFile), 0, 0)})
		}
	}
	t.index()
	return nil
}

// folders returns the files of each folder.
func (t *tree) folders() (map[string]map[string]bool, error) {
	folders := map[string]map[string]bool{}
	err := fs.WalkDir(t.fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		folder := path.Dir(name)
		if folders[folder] == nil {
			folders[folder] = map[string]bool{}
		}
		folders[folder][path.Base(name)] = true
		return nil
	})
	return folders, err
}

// load reads an image.
func (t *tree) load(folder string, files map[string]bool) {
	i := &image{folder: folder, files: files}
	source, ok := t.read(path.Join(folder, changelogFile))
	if !ok {
		t.broken[path.Base(folder)] = true
		return
	}
	newest, err := readChangelog(source)
	if err != nil {
		t.report(path.Join(folder, changelogFile), err)
		t.broken[path.Base(folder)] = true
		return
	}
	i.name, i.tag, i.heading = newest.name, newest.tag, newest.line
	if template, ok := t.read(path.Join(folder, templateFile)); ok {
		i.template = string(template)
	}
	if files[controlFile] {
		t.loadControl(i)
	}
	t.images = append(t.images, i)
}

func (t *tree) loadControl(i *image) {
	file := path.Join(i.folder, controlFile)
	source, ok := t.read(file)
	if !ok {
		return
	}
	var mistakes []*lineError
	i.depends, mistakes = readControl(source)
	for _, mistake := range mistakes {
		t.report(file, mistake)
	}
}

func (t *tree) read(file string) ([]byte, bool) {
	source, err := fs.ReadFile(t.fsys, file)
	if err != nil {
		t.found.Errorf(diagnostic.Import, t.at(file, 0, 0), "the file cannot be read: %v", reason(err))
		return nil, false
	}
	return source, true
}

// reason leaves out the operation and the path that a file system's error repeats.
func reason(err error) error {
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		return inPath.Err
	}
	return err
}

func (t *tree) report(file string, err error) {
	line := 0
	var mistake *lineError
	if errors.As(err, &mistake) {
		line = mistake.line
	}
	t.found.Errorf(diagnostic.Import, t.at(file, line, 0), "%v", err)
}

// index collects the names, and reports duplicates.
func (t *tree) index() {
	for _, i := range t.images {
		if first, ok := t.byName[i.name]; ok {
			t.found.Errorf(diagnostic.DuplicateImage, t.at(path.Join(i.folder, changelogFile), i.heading, 1), "the image %q is defined twice", i.name).
				WithNote(t.at(path.Join(first.folder, changelogFile), first.heading, 1), "here first")
			continue
		}
		t.byName[i.name] = i
		t.references[t.config.repository(i.name)] = t.config.repository(i.name) + ":" + i.tag
	}
	for _, base := range t.config.baseImages {
		repository, tag := cutTag(base.text)
		if _, ok := t.references[repository]; !ok && tag != "" {
			t.references[repository] = base.text
		}
	}
}

// cutTag cuts a reference into its repository and its tag.
func cutTag(reference string) (repository, tag string) {
	i := strings.LastIndexByte(reference, ':')
	if i < 0 || strings.Contains(reference[i:], "/") {
		return reference, ""
	}
	return reference[:i], reference[i+1:]
}

func (t *tree) didYouMean(name string) string {
	return diagnostic.DidYouMean(name, slices.Sorted(maps.Keys(t.byName)))
}

// render renders the Dockerfiles of all images.
func (t *tree) render() {
	variables := t.config.variables()
	for _, i := range t.images {
		filters := t.filters()
		filters["image_tag"] = t.noting(filters["image_tag"], func(c *jinja.Call, value any) {
			i.tags = append(i.tags, use{jinja.Print(value), t.placeOf(c, i)})
		})
		filters["upstream_version"] = t.noting(filters["upstream_version"], func(c *jinja.Call, _ any) {
			i.versions = append(i.versions, use{jinja.Print(c.Args[0]), t.placeOf(c, i)})
		})
		e := &jinja.Environment{Filters: filters, Load: t.loader(i.folder)}
		file := path.Join(i.folder, templateFile)
		template, err := e.Parse(file, i.template)
		if err == nil {
			i.rendered, err = template.Render(variables)
		}
		t.reportTemplate(i, err)
		i.isRendered = err == nil
	}
}

// noting makes a filter keep where it is used.
func (t *tree) noting(filter jinja.Function, note func(c *jinja.Call, value any)) jinja.Function {
	return func(c *jinja.Call) (any, error) {
		value, err := filter(c)
		if err == nil {
			note(c, value)
		}
		return value, err
	}
}

// placeOf is the place of a call in an image's template, or in one that this includes.
func (t *tree) placeOf(c *jinja.Call, i *image) diagnostic.Span {
	file, line, column := c.Place()
	return t.at(i.templatePath(file), line, column)
}

// templatePath is the path of a template that mistakes are reported of: the image's own has its path as its name, and one
// that is included has its name only.
func (i *image) templatePath(name string) string {
	if own := path.Join(i.folder, templateFile); name == own {
		return own
	}
	return path.Join(i.folder, name)
}

// loader gives a template the files of its own folder.
func (t *tree) loader(folder string) func(string) (string, error) {
	return func(name string) (string, error) {
		if slices.Contains(strings.Split(name, "/"), "..") {
			return "", errors.New("a template reads files of its own folder only")
		}
		source, err := fs.ReadFile(t.fsys, path.Join(folder, name))
		if err != nil {
			return "", reason(err)
		}
		return string(source), nil
	}
}

// reportTemplate reports the mistakes of a template, less those that follow from an image that could not be read.
func (t *tree) reportTemplate(i *image, err error) {
	var mistakes jinja.Errors
	if !errors.As(err, &mistakes) {
		return
	}
	for _, mistake := range mistakes {
		if errors.Is(mistake, errBroken) {
			continue
		}
		t.found.Errorf(diagnostic.Import, t.at(i.templatePath(mistake.File), mistake.Line, mistake.Column), "%s", mistake.Message)
	}
}
