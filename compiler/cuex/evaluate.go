// Package cuex is the only one that knows CUE. It evaluates definitions written in CUE into the same trees that YAML is read into. Its
// tests take the schema apart into shapes, and write them before stemma is built: see `make generate`.
package cuex

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/judgement"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// InProcess evaluates CUE in this process, without limits of time and memory.
type InProcess struct{}

// Evaluate reads a definition of the project that is written in CUE: the file, and all files of its package beside it. It may import the
// standard library, its own module, packages in cue.mod/pkg and the schema. Evaluate returns the document and the files of the package. It
// reports each value that CUE cannot evaluate; the document has an Invalid node there. If the file cannot be read at all, Evaluate reports why
// and returns nil.
func (InProcess) Evaluate(project fs.FS, file string, found *diagnostic.List) (document *tree.Node, files []string) {
	e := newEvaluation(project, unconstrained{}, found)
	instances := e.load([]string{file})
	if instances == nil {
		return nil, nil
	}
	e.root = e.build(instances, e.again)[0]
	return e.document(), sourcesOf(instances)
}

// HasImages reports whether a file in CUE, or another file of its package, has a field `images` or `distributions`: then it is part of a
// definition, and not a single image. A file that cannot be read has none.
func (InProcess) HasImages(project fs.FS, file string) bool {
	var found diagnostic.List
	e := newEvaluation(project, unconstrained{}, &found)
	return e.load([]string{file}) != nil && len(e.places.fields["images"])+len(e.places.fields["distributions"]) > 0
}

// Unify unifies a document with files in CUE and their packages, which may add values and constrain those of the document. It reports the
// values that do not agree, at their places in the document, and returns the unified document and the files.
func (InProcess) Unify(project fs.FS, document *tree.Node, with []string, found *diagnostic.List) (unified *tree.Node, files []string) {
	e := newEvaluation(project, unconstrained{}, found)
	given := newGiven(document)
	e.places.given = &given
	instances := e.load(with)
	if instances == nil {
		return document, nil
	}
	for i, v := range e.build(instances, e.again) {
		if i == 0 {
			e.root = v
		} else {
			e.root = e.root.Unify(v)
		}
	}
	return e.document(), sourcesOf(instances)
}

// evaluation is the evaluation of one document.
type evaluation struct {
	workspace workspace
	found     *diagnostic.List
	places    *places
	// root is the value that is evaluated.
	root cue.Value
	// judgement is that of a policy, or nil for a definition.
	judgement *judgement.Judgement
	// mistakes has the mistakes in the policy itself.
	mistakes *diagnostic.List
	// inRest counts the maps around a value that are errors themselves.
	inRest int
	// unresolved has the places of names that are not defined. They have been reported.
	unresolved map[token.Position]bool
}

func newEvaluation(project, schemaModule fs.FS, found *diagnostic.List) *evaluation {
	return &evaluation{workspace: newWorkspace(project, schemaModule), found: found, places: newPlaces(), unresolved: map[token.Position]bool{}}
}

// load returns the packages of some files, with what they import. If it cannot, it reports why and returns nil.
func (e *evaluation) load(files []string) []*build.Instance {
	var instances []*build.Instance
	isRefused := false
	for _, file := range files {
		e.places.fallback = diagnostic.Span{File: file, Line: 1, Column: 1}
		instance := e.instance(file)
		isRefused = !e.accept(instance) || isRefused
		instances = append(instances, instance)
	}
	if isRefused {
		return nil
	}
	return instances
}

// accept adds the places of a package. It reports a package that cannot be read, and attributes that are not allowed.
func (e *evaluation) accept(instance *build.Instance) bool {
	if instance.Err != nil {
		e.reportUnreadable(instance.Err)
		return false
	}
	isRefused := e.refuseInImports(instance, map[string]bool{})
	for _, source := range instance.Files {
		isRefused = e.refuseAttributes(source, "tag", "embed", "extern") || isRefused
		e.places.add(source)
	}
	return !isRefused
}

// refuseInImports reports embedded files in imported packages. CUE ignores the tags there.
func (e *evaluation) refuseInImports(instance *build.Instance, seen map[string]bool) (isRefused bool) {
	for _, imported := range instance.Imports {
		if seen[imported.ImportPath] {
			continue
		}
		seen[imported.ImportPath] = true
		for _, source := range imported.Files {
			isRefused = e.refuseAttributes(source, "embed", "extern") || isRefused
		}
		isRefused = e.refuseInImports(imported, seen) || isRefused
	}
	return isRefused
}

// instance returns the package of a file. The given document is another file of it, so that the package can refer to its values.
func (e *evaluation) instance(file string) *build.Instance {
	instance := e.loadPackage(e.argument(file), path.Dir(file))
	if given := e.places.given; instance.Err == nil && given.document != nil {
		instance.Err = instance.AddSyntax(given.source(instance.PkgName))
	}
	return instance
}

// loadPackage loads a package that an argument names in a folder.
func (e *evaluation) loadPackage(argument, folder string) *build.Instance {
	return load.Instances([]string{argument}, &load.Config{
		FS: e.workspace, Dir: "/" + strings.TrimPrefix(folder, "."), ModuleRoot: "/", Env: []string{}, Registry: e.workspace,
	})[0]
}

// argument asks for the package that the file belongs to, or for the file if it belongs to none.
func (e *evaluation) argument(file string) string {
	source, err := fs.ReadFile(e.workspace, file)
	if err == nil {
		if f, err := parser.ParseFile(file, source, parser.PackageClauseOnly); err == nil && f.PackageName() != "" {
			return ".:" + f.PackageName()
		}
	}
	return "./" + path.Base(file)
}

// refuseAttributes reports the named attributes, which would read anything but CUE files.
func (e *evaluation) refuseAttributes(file *ast.File, names ...string) (isRefused bool) {
	ast.Walk(file, func(n ast.Node) bool {
		attribute, ok := n.(*ast.Attribute)
		if !ok {
			return true
		}
		if name, _ := attribute.Split(); slices.Contains(names, name) {
			e.found.Errorf(diagnostic.CUE, e.places.span(attribute.Pos().Position()), "@%s is not read in a definition", name).
				WithHint("a definition compiles to the same output everywhere: write the value itself")
			isRefused = true
		}
		return true
	}, nil)
	return isRefused
}

// build returns the values of packages. One name that is not defined makes CUE reject the whole package, so build reports these names and
// replaces them with errors of their own, in packages that again loads.
func (e *evaluation) build(instances []*build.Instance, again func(*build.Instance) *build.Instance) []cue.Value {
	values := buildAll(instances)
	for _, v := range values {
		for _, each := range errors.Errors(v.Err()) {
			if format, _ := each.Msg(); format == referenceNotFound && !e.unresolved[each.Position().Position()] {
				e.report(reason{each, errors.Positions(each)}, nil)
				e.unresolved[each.Position().Position()] = true
			}
		}
	}
	if len(e.unresolved) == 0 {
		return values
	}
	for i, instance := range instances {
		instances[i] = again(instance)
		for _, file := range instances[i].Files {
			e.replaceUnresolved(file)
		}
	}
	return buildAll(instances)
}

// again loads the package of a definition again.
func (e *evaluation) again(instance *build.Instance) *build.Instance {
	return e.instance(strings.TrimPrefix(instance.Files[0].Filename, "/"))
}

func buildAll(instances []*build.Instance) []cue.Value {
	ctx := cuecontext.New()
	values := make([]cue.Value, len(instances))
	for i, instance := range instances {
		values[i] = ctx.BuildInstance(instance)
	}
	return values
}

func (e *evaluation) replaceUnresolved(file *ast.File) {
	astutil.Apply(file, func(c astutil.Cursor) bool {
		if name, ok := c.Node().(*ast.Ident); ok && e.unresolved[name.Pos().Position()] {
			c.Replace(&ast.BottomLit{Bottom: name.Pos()})
		}
		return true
	}, nil)
}

func sourcesOf(instances []*build.Instance) (files []string) {
	for _, instance := range instances {
		for _, source := range instance.Files {
			if source.Filename != givenFile {
				files = append(files, strings.TrimPrefix(source.Filename, "/"))
			}
		}
	}
	return files
}
