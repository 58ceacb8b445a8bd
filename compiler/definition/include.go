package definition

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// include reads the files that match patterns, and adds their images and distributions.
func (l *loader) include(patterns *tree.Node) error {
	if patterns == nil {
		return nil
	}
	for _, pattern := range patterns.Items {
		if pattern.Kind != tree.String || !l.inside(pattern) {
			continue
		}
		for _, file := range l.glob(pattern) {
			if err := l.includeFile(pattern, file); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) glob(pattern *tree.Node) []string {
	err := content.CheckPattern(pattern.Text)
	var files []string
	if err == nil {
		files, err = doublestar.Glob(l.fsys, pattern.Text, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors())
	}
	switch {
	case errors.Is(err, content.ErrPattern):
		l.found.Errorf(diagnostic.IncludeFailed, pattern.Span, "%s: %v", diagnostic.Quote(pattern.Text), err).
			WithHint("write several simpler patterns")
	case errors.Is(err, doublestar.ErrBadPattern):
		l.found.Errorf(diagnostic.IncludeFailed, pattern.Span, "%s is not a pattern", diagnostic.Quote(pattern.Text)).
			WithHint("patterns have *, **, ?, [a-z] and {a,b}")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		l.found.Errorf(diagnostic.IncludeFailed, pattern.Span, "the files of %s cannot be listed: %v", diagnostic.Quote(pattern.Text), content.Reason(err))
	case len(files) == 0:
		problem, hint := content.NoMatch(l.fsys, pattern.Text)
		l.found.Errorf(diagnostic.IncludeFailed, pattern.Span, "%s", problem).WithHint("%s", hint)
	}
	slices.Sort(files)
	return files
}

// includeFile reads a file with the map `images` or `distributions`, or with one image that is named after its folder.
func (l *loader) includeFile(pattern *tree.Node, file string) error {
	if _, ok := l.documents[file]; ok || file == YAMLFile || file == CUEFile {
		return nil
	}
	if ext := path.Ext(file); ext != ".yaml" && ext != ".yml" && ext != ".cue" {
		l.found.Errorf(diagnostic.IncludeFailed, pattern.Span, "%s is included, but is neither YAML nor CUE", file).
			WithHint("name the files more exactly, such as images/*/image.yaml")
		return nil
	}
	if path.Ext(file) == ".cue" && l.schema.HasImages(l.fsys, file) {
		l.documents[file] = &tree.Node{Span: diagnostic.Span{File: file}}
		l.rules = append(l.rules, file)
		return nil
	}
	document := l.read(file)
	if document == nil {
		return nil
	}
	l.documents[file] = document
	if slices.ContainsFunc(document.Fields, l.hasImages) {
		err := l.check("Include", document)
		l.declare(document)
		return err
	}
	image := &tree.Field{Name: imageName(pattern.Text, file), Span: document.Span, Value: document}
	if err := l.check("Image", document); err != nil {
		return err
	}
	if err := l.schema.Check("ImageName", &tree.Node{Kind: tree.String, Text: image.Name, Span: document.Span}, l.found); err != nil {
		return err
	}
	l.declareImage(image)
	return nil
}

// hasImages reports whether a field of an included file is that for its images or distributions, or probably meant as that.
func (l *loader) hasImages(field tree.Field) bool {
	return l.schema.Has("Include", field.Name) ||
		field.Value.Kind == tree.Map && !l.schema.Has("Image", field.Name) && l.schema.Meant("Include", field.Name) != ""
}

// imageName is the folder of a file below the part of the pattern that has no wildcard: images/base/rust/image.yaml is
// base/rust where images/** includes it, and the last folder where the pattern names the file itself.
func imageName(pattern, file string) string {
	folder := path.Dir(file)
	if base, wild := doublestar.SplitPattern(pattern); strings.ContainsAny(wild, `*?[{`) {
		if below, ok := strings.CutPrefix(folder, base+"/"); ok {
			return below
		}
	}
	return path.Base(folder)
}

// inside reports a path or pattern that leads out of the project.
func (l *loader) inside(n *tree.Node) bool {
	if !path.IsAbs(n.Text) && !slices.Contains(strings.Split(n.Text, "/"), "..") {
		return true
	}
	d := l.found.Errorf(diagnostic.OutsideRepo, n.Span, "%s leads out of the project", diagnostic.Quote(n.Text))
	if below := strings.TrimLeft(n.Text, "/"); path.IsAbs(n.Text) && below != "" {
		d.WithHint("paths begin at the project's root: write %q, or copy the file into the project", below)
	} else {
		d.WithHint("copy it into the project; paths begin at the project's root and have no '..'")
	}
	return false
}
