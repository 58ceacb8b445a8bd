package compiler

import (
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Component turns the source of a component that stemma itself publishes, a CUE file, into the file that GitLab looks for.
// The error is a fault of the compiler or of the file system.
func Component(fsys fs.FS, file string) ([]byte, diagnostic.List, error) {
	var found diagnostic.List
	checker, err := cuex.Load(schema.FS)
	if err != nil {
		return nil, nil, err
	}
	source := checker.Evaluate(fsys, file, &found)
	if source == nil {
		return nil, found.Sorted(), nil
	}
	if err := checker.Check("Component", source, &found); err != nil || found.HasErrors() {
		return nil, found.Sorted(), err
	}
	return emit.Component(file, source), nil, nil
}
