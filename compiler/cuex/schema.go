// Package cuex is the only one that knows CUE. It takes the closed schemas apart into shapes before stemma is built,
// evaluates definitions written in CUE into the same trees that YAML is read into, and prints data as JSON.
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

// Evaluate reads a definition of the project written in CUE: the file, and all files of its package beside it. It may import
// the standard library, its own module and the schema, which is at the root of schema. It returns the document and the files of
// the package. Where it cannot be read, Evaluate reports why and returns nil.
func Evaluate(project, schema fs.FS, file string, found *diagnostic.List) (document *tree.Node, files []string) {
	return evaluate(project, schema, file, found)
}
