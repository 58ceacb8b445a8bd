package generate_test

import (
	"io/fs"
	"path"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/shape"
)

// components turns a source of components that stemma itself publishes, a CUE file that holds one, named like the file, or
// several by name, into the files that GitLab looks for. The error is a fault of the compiler or of the file system.
func components(fsys fs.FS, file string) ([]emit.File, diagnostic.List, error) {
	var found diagnostic.List
	source, _ := cuex.InProcess{}.Evaluate(fsys, file, &found)
	if source == nil {
		return nil, found.Sorted(), nil
	}
	name := "Component"
	several := source.Get("components")
	if several != nil {
		name = "Components"
	}
	if err := shape.NewChecker().Check(name, source, &found); err != nil || found.HasErrors() {
		return nil, found.Sorted(), err
	}
	if several == nil {
		return []emit.File{emit.Component(strings.TrimSuffix(path.Base(file), ".cue"), file, source)}, nil, nil
	}
	var files []emit.File
	for _, component := range several.Fields {
		files = append(files, emit.Component(component.Name, file, component.Value))
	}
	return files, nil, nil
}
