package lineage

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// hashFiles adds the files of an image to its ingredients.
func (b *builder) hashFiles(image *Image, m *ingredients) {
	if image.Containerfile.Present() {
		b.hashContext(image, m)
		b.hashFolders(image, m)
	}
	for _, watch := range image.Watch {
		pattern := path.Clean(watch.Value)
		found, err := b.files.Glob(pattern)
		if err == nil && len(found.Paths) == 0 {
			problem, hint := content.NoMatch(b.fsys, watch.Value)
			b.found.Errorf(diagnostic.MissingFile, watch.Span, "%s", problem).WithHint("%s", hint).WithKey(image.Name + ".watch")
			continue
		}
		b.hash(image, m, watch, pattern, found, err)
		image.Files = append(image.Files, pattern)
	}
	if image.TagFile != "" {
		file := path.Clean(image.TagFile)
		image.Files = append(image.Files, content.Literal(file))
		b.follow(image, b.files.Set(file))
	}
	slices.Sort(image.Files)
	image.Files = slices.Compact(image.Files)
}

func (b *builder) hashContext(image *Image, m *ingredients) {
	file, folder := path.Clean(image.Containerfile.Value), image.ContextFolder()
	b.hash(image, m, image.Containerfile, file, b.files.Set(file), nil)
	at := image.Context
	if !at.Present() {
		at = image.Containerfile
	}
	sent, err := b.files.Context(folder, file)
	if errors.Is(err, fs.ErrNotExist) {
		return // a missing containerfile or context is reported elsewhere
	}
	b.hash(image, m, at, folder+"/", sent, err)
	// The Containerfile and its ignore file may be outside of the context. Adding or removing an ignore file is a change too.
	image.Files = append(image.Files, content.Literal(file), path.Join(content.Literal(folder), "**/*"))
	if folder != "." && !strings.HasPrefix(file, folder+"/") {
		image.Files = append(image.Files, content.Literal(file)+".{containerignore,dockerignore}")
	}
}

// hash adds the hash of files as one ingredient, or reports why it cannot. It leaves out the image's own definition, whose relevant
// fields are another ingredient: a new test or release does not rebuild the image.
func (b *builder) hash(image *Image, m *ingredients, at definition.Located[string], name string, found *content.Set, err error) {
	if err == nil {
		var sum string
		if sum, err = found.Sum(image.Declarations); err == nil {
			m.add(name, sum)
			image.Contents[name] = found
			b.follow(image, found)
			return
		}
	}
	code, hint, similar := diagnostic.MissingFile, "paths begin at the project's root", ""
	switch {
	case content.IsMissing(err):
		similar = diagnostic.Suggest(content.Similar(b.fsys, at.Value))
	case content.IsOutside(err):
		code, hint = diagnostic.OutsideRepo, "copy the file into the project"
	case errors.Is(err, content.ErrPattern):
		code, hint = diagnostic.TooLarge, "write several simpler patterns"
	case errors.Is(err, content.ErrTooLarge):
		code, hint = diagnostic.TooLarge, "let a step of the build fetch the file, or leave it out with .containerignore"
	}
	b.found.Errorf(code, at.Span, "%s cannot be read: %v%s", diagnostic.Quote(at.Value), content.Reason(err), similar).
		WithHint("%s", hint).WithKey(image.Name + "." + name)
}

// follow adds the targets of links to the files of an image.
func (b *builder) follow(image *Image, found *content.Set) {
	for _, file := range found.Behind() {
		if !strings.ContainsFunc(file, unicode.IsControl) {
			image.Files = append(image.Files, content.Literal(file))
		}
	}
}
