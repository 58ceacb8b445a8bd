// Package cuex is the only one that knows CUE. It takes the closed schemas apart into shapes, checks documents
// against them with positions and sentences of its own, evaluates definitions written in CUE into the same trees that
// YAML is read into, and prints the schemas as JSON Schema and the data as JSON.
package cuex

import (
	"fmt"
	"io/fs"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// Schema is a CUE package of definitions, loaded once. It is not safe for concurrent use.
type Schema struct {
	fsys    fs.FS
	deriver deriver
	shapes  map[string]*shape
	verdict map[judgement]bool
	// values makes CUE values of a user's.
	values *cue.Context
}

// Load reads the CUE package at the root of fsys, a module of its own.
func Load(fsys fs.FS) (*Schema, error) {
	root, err := loadPackage(fsys)
	if err != nil {
		return nil, err
	}
	return &Schema{
		fsys:    fsys,
		deriver: deriver{root: root, scalars: map[string]*scalar{}},
		shapes:  map[string]*shape{},
		verdict: map[judgement]bool{},
		values:  cuecontext.New(),
	}, nil
}

func loadPackage(fsys fs.FS) (cue.Value, error) {
	instances := load.Instances([]string{"."}, &load.Config{
		FS: fsys, Dir: "/", ModuleRoot: "/", Env: []string{}, Registry: schemaOnly{fsys},
	})
	if err := instances[0].Err; err != nil {
		return cue.Value{}, fmt.Errorf("load the CUE package: %w", err)
	}
	root := cuecontext.New().BuildInstance(instances[0])
	if err := root.Err(); err != nil {
		return cue.Value{}, fmt.Errorf("build the CUE package: %w", err)
	}
	return root, nil
}

// shape returns the shape of #name, derived at first use.
func (s *Schema) shape(name string) (*shape, error) {
	if known, ok := s.shapes[name]; ok {
		return known, nil
	}
	derived, err := s.deriver.definition(name)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	s.shapes[name] = derived
	return derived, nil
}

// Evaluate reads a definition written in CUE: the file, and all files of its package beside it. It may import the
// standard library, its own module and this schema. It returns the document and the files of the package. Where it cannot be read, Evaluate
// reports why and returns nil.
func (s *Schema) Evaluate(project fs.FS, file string, found *diagnostic.List) (document *tree.Node, files []string) {
	return evaluate(project, s.fsys, file, found)
}
