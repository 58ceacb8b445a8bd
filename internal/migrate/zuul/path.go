package zuul

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// pathFields are the fields that may name the checkout of a project.
var pathFields = map[string]bool{"context": true, "path": true, "dockerfile": true, "container_filename": true}

// place is a path below the folder that a run's builder starts in, from the project's root. The first of the fields that is
// there says where the report speaks of it.
func (f *fields) place(names []string, parts ...string) string {
	at, what := f.n.at, names[0]
	for _, name := range slices.Backward(names) {
		if n := f.n.get(name); n != nil {
			at, what = n.at, name
		}
	}
	joined := f.run.workDir
	for _, part := range parts {
		switch {
		case strings.Contains(part, "://"), strings.HasPrefix(part, "git@"):
			f.leave(at, what, "a builder's context from elsewhere has no counterpart")
			return ""
		case path.IsAbs(part):
			joined = part
		default:
			joined = path.Join(joined, part)
		}
	}
	place, ok := f.c.inside(joined)
	if !ok {
		f.leave(at, what, "it is not in this project: "+joined)
	}
	return place
}

// inside is a path below a project's checkout as one from its root, where the project is this one.
func (c *conversion) inside(name string) (string, bool) {
	name = strings.TrimPrefix(path.Clean(name), home+"/")
	if rest, ok := strings.CutPrefix(name+"/", source+"/"); ok {
		return path.Clean(rest), true
	}
	rest, ok := strings.CutPrefix(name, checkouts)
	if !ok {
		return "", false
	}
	for i := 1; i <= len(rest); i++ {
		if i == len(rest) || rest[i] == '/' {
			if c.isThis(rest[:i]) {
				return path.Clean("." + rest[i:]), true
			}
		}
	}
	return "", false
}

// context is the folder that an image's other paths begin at. A promotion needs none.
func (f *fields) context() string {
	if f.run.stage == promoting {
		return f.text("context")
	}
	return f.required("context")
}

// isThere says whether an image's context and Containerfile can be read.
func (f *fields) isThere(e entry) bool {
	info, err := fs.Stat(f.c.tree.FS, e.file)
	folder, folderErr := fs.Stat(f.c.tree.FS, e.context)
	var missing string
	switch {
	case !importer.Path.Takes(e.file), !importer.Path.Takes(e.context):
		f.c.fail(f.n.at, "%s has a character that no path here may have", diagnostic.Quote(e.file))
		return false
	case err != nil || !info.Mode().IsRegular():
		missing = e.file
	case folderErr != nil || !folder.IsDir():
		missing = e.context
	default:
		return true
	}
	if f.run.attribute("pre-run") != nil {
		f.leave(f.n.at, missing, "it is not in the tree; what runs before the build may make it")
	} else {
		f.c.fail(f.n.at, "%s cannot be read", missing)
	}
	return false
}
