package dockerpkg

import (
	"io/fs"
	"path"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// Source is a tree with its configuration.
type Source struct {
	// Tree holds the folders of the images.
	Tree fs.FS
	// Name is what the tree is called in findings: its path.
	Name string
	// Config is the configuration, and ConfigName its path in findings. Without one docker-pkg's defaults hold.
	Config     []byte
	ConfigName string
}

// Target says where a tree is in relation to the folder that an import writes to.
type Target struct {
	// Folder is the tree's folder below that folder.
	Folder string
	// Copy says that the tree is elsewhere, so that the files of its images are written there too.
	Copy bool
	// Project is the project's path on GitLab, or empty.
	Project string
}

// Render renders the Dockerfile of each image exactly as docker-pkg does, at the image's folder in the tree. There are no
// files where there are errors among the findings. The error is one of the file system's.
func Render(source Source) ([]importer.File, diagnostic.List, error) {
	var found diagnostic.List
	t, err := open(source, &found)
	if err != nil || found.HasErrors() {
		return nil, found.Sorted(), err
	}
	files := make([]importer.File, len(t.images))
	for n, i := range t.images {
		files[n] = importer.File{Path: path.Join(i.folder, "Dockerfile"), Content: []byte(i.rendered)}
	}
	return files, found.Sorted(), nil
}

// Import converts a tree. There are no files where there are errors among the findings. The error is one of the file
// system's.
func Import(source Source, target Target) ([]importer.File, *importer.Report, diagnostic.List, error) {
	var found diagnostic.List
	report := &importer.Report{}
	t, err := open(source, &found)
	if err != nil || t == nil {
		return nil, report, found.Sorted(), err
	}
	c := &conversion{tree: t, target: target, report: report}
	files, err := c.files()
	if err != nil || found.HasErrors() {
		return nil, report, found.Sorted(), err
	}
	c.reportConfig()
	c.reportDead(source)
	return files, report, found.Sorted(), nil
}

// reportDead names the files that nothing reads after an import: the templates, whose Dockerfiles are beside them, and the configuration.
func (c *conversion) reportDead(source Source) {
	if c.target.Copy {
		return
	}
	dead := []string{source.ConfigName}
	for _, i := range c.tree.images {
		if i.unusable == "" && i.isRendered {
			dead = append(dead, path.Join(c.target.Folder, i.folder, templateFile))
		}
	}
	c.report.Look(diagnostic.Span{File: source.Name}, "files", "only docker-pkg reads them; once it is gone: git rm %s", strings.Join(dead, " "))
}

// open reads a tree and renders its templates. The tree is nil where its configuration cannot be read.
func open(source Source, found *diagnostic.List) (*tree, error) {
	c := readConfig(source.ConfigName, source.Config, found)
	if c == nil {
		return nil, nil
	}
	t := &tree{
		fsys: source.Tree, name: source.Name, config: c, found: found,
		byName: map[string]*image{}, broken: map[string]bool{}, references: map[string]string{},
	}
	if err := t.scan(); err != nil {
		return nil, err
	}
	if len(t.images) == 0 && !found.HasErrors() {
		found.Errorf(diagnostic.Import, diagnostic.Span{File: source.Name}, "no folder has both a %s and a %s", templateFile, changelogFile).
			WithHint("name the folder that docker-pkg is called with")
	}
	t.render()
	return t, nil
}
