package definition

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Checker checks documents against the definitions of a schema, and evaluates documents in CUE.
type Checker interface {
	Evaluator
	Check(name string, document *tree.Node, found *diagnostic.List) error
	// Meant returns the key of a definition of the schema that an unknown key was probably meant as, or nothing.
	Meant(name, key string) string
	// Has reports whether a definition of the schema has a key.
	Has(name, key string) bool
}

// Evaluator evaluates documents in CUE.
type Evaluator interface {
	// Evaluate also returns the files of the package that the document was read from.
	Evaluate(project fs.FS, file string, found *diagnostic.List) (document *tree.Node, files []string)
	// HasImages reports whether a file in CUE has a field `images` or `distributions`.
	HasImages(project fs.FS, file string) bool
	// Unify unifies a document with files in CUE, which add values to it and constrain it. It also returns the files of their packages.
	Unify(project fs.FS, document *tree.Node, with []string, found *diagnostic.List) (unified *tree.Node, files []string)
}

// Names of the file that holds a definition, at the project's root.
const (
	YAMLFile = "stemma.yaml"
	CUEFile  = "stemma.cue"
)

// Load reads the definition of the project in fsys. It adds mistakes to found, and returns the images that it could read, so that later
// stages find more mistakes. It returns nil if there is no document. The error is a fault of the schema, never of the definition.
func Load(fsys fs.FS, schema Checker, found *diagnostic.List) (*Definition, error) {
	l := &loader{fsys: fsys, schema: schema, found: found, documents: map[string]*tree.Node{}, parts: map[string][]string{}, images: map[string]*tree.Field{}, distributions: map[string]*tree.Field{}}
	file, ok := l.find()
	if !ok {
		return nil, nil
	}
	root := l.read(file)
	if root == nil {
		return nil, nil
	}
	l.documents[file] = root
	if err := l.check("Definition", root); err != nil {
		return nil, err
	}
	l.declare(root)
	if err := l.include(root.Get("include")); err != nil {
		return nil, err
	}
	l.requireImages(root)
	root, err := l.unify(root)
	if err != nil {
		return nil, err
	}
	return l.definition(file, root), nil
}

type loader struct {
	fsys   fs.FS
	schema Checker
	found  *diagnostic.List
	// documents has the files that were read.
	documents map[string]*tree.Node
	// parts has the files of each CUE package, keyed by each of these files.
	parts map[string][]string
	// rules has the included files in CUE that the whole definition is unified with.
	rules []string
	// images has the first declaration of each name.
	images map[string]*tree.Field
	// distributions has the first declaration of each name.
	distributions map[string]*tree.Field
}

// find returns the file with the definition, which has one of two names.
func (l *loader) find() (string, bool) {
	var present []string
	for _, file := range []string{YAMLFile, CUEFile} {
		if _, err := fs.Stat(l.fsys, file); !errors.Is(err, fs.ErrNotExist) {
			present = append(present, file)
		}
	}
	switch len(present) {
	case 1:
		return present[0], true
	case 2:
		l.found.Errorf(diagnostic.IncludeFailed, diagnostic.Span{File: CUEFile}, "the project has both %s and %s", CUEFile, YAMLFile).
			WithHint("keep one of them, and let it include the other under another name")
		return "", false
	}
	if other := Misnamed(l.fsys); other != "" {
		l.found.Errorf(diagnostic.MissingFile, diagnostic.Span{File: other}, "%s is not read: a definition is called %s or %s", other, YAMLFile, CUEFile).
			WithHint("rename it: `git mv %s %s`", other, YAMLFile)
		return "", false
	}
	l.found.Errorf(diagnostic.MissingFile, diagnostic.Span{File: YAMLFile}, "the folder has no %s and no %s", YAMLFile, CUEFile).
		WithHint("`stemma init` writes one; -C names another folder")
	return "", false
}

// Misnamed is a file that is called almost as a definition, or empty.
func Misnamed(fsys fs.FS) string {
	for _, other := range []string{"stemma.yml", ".stemma.yaml", ".stemma.yml", "stemma.json"} {
		if _, err := fs.Stat(fsys, other); err == nil {
			return other
		}
	}
	return ""
}

// check checks a document, and reports GitLab's interpolation anywhere in its text.
func (l *loader) check(name string, document *tree.Node) error {
	refuseInterpolation(document, l.found)
	return l.schema.Check(name, document, l.found)
}

// requireImages reports a definition that has nothing to compile.
func (l *loader) requireImages(root *tree.Node) {
	hasOther := slices.ContainsFunc([]string{"mirrors", "pins"}, func(key string) bool { return root.Get(key) != nil })
	if len(l.images) > 0 || len(l.distributions) > 0 || hasOther || l.found.HasErrors() || len(l.rules) > 0 {
		return
	}
	at := root.Span
	if images := root.Get("images"); images != nil {
		at = images.Span
	}
	l.found.Errorf(diagnostic.MissingKey, at, "the definition has no images").
		WithHint("add one, such as `images: {base: {distribution: debian, version: trixie}}`").WithKey("images")
}

// declare adds the images and the distributions of a document.
func (l *loader) declare(document *tree.Node) {
	if images := document.Get("images"); images != nil {
		for i := range images.Fields {
			l.declareImage(&images.Fields[i])
		}
	}
	l.declareDistributions(document.Get("distributions"))
}

func (l *loader) declareImage(image *tree.Field) {
	first, ok := l.images[image.Name]
	if !ok {
		l.images[image.Name] = image
		return
	}
	if first.Span.File == image.Span.File {
		return // the check of the document has reported it as a duplicate key
	}
	l.found.Errorf(diagnostic.DuplicateImage, image.Span, "the image %s is declared twice", diagnostic.Quote(image.Name)).
		WithNote(first.Span, "first declared here").WithHint("rename one of them").WithKey(image.Name)
}

func (l *loader) definition(file string, root *tree.Node) *Definition {
	d := &Definition{File: file, Files: slices.Sorted(maps.Keys(l.documents)), ProjectSpan: text(root.Get("project")).Span}
	l.decode(root, d)
	_, err := fs.Stat(l.fsys, "cue.mod/module.cue")
	d.IsModule = err == nil
	d.Mirrors = l.mirrors(root.Get("mirrors"))
	d.Distributions = l.ownDistributions()
	l.checkPins(d.Pins)
	l.checkExceptions(root.Get("exceptions"))
	defaults := root.Get("defaults")
	l.decode(defaults.Get("runners"), &d.Runners)
	l.decode(defaults.Get("stages"), &d.Stages)
	d.Distribution, d.Version = text(defaults.Get("distribution")), text(defaults.Get("version"))
	hidesDefaults := slices.ContainsFunc(root.Fields, func(f tree.Field) bool { return l.schema.Meant("Definition", f.Name) == "defaults" })
	for _, declared := range l.images {
		image := l.image(declared, withDefaults(declared.Value, defaults))
		image.Incomplete = image.Incomplete || declared.Value.Kind != tree.Map || hidesDefaults
		image.Declarations = slices.Concat([]string{file, image.Span.File}, l.parts[file], l.parts[image.Span.File], l.rules)
		d.Images = append(d.Images, image)
	}
	slices.SortFunc(d.Images, func(a, b *Image) int { return cmp.Compare(a.Name, b.Name) })
	l.checkNames(d.Images)
	l.checkReleases(d.Images)
	l.checkCredentials(d.Images)
	l.checkTags(d.Images)
	l.checkProject(d, root)
	l.checkGitLab(d)
	return d
}
