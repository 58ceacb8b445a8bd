package starter

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Schema returns the JSON Schema of a definition, with which editors complete and check it.
func Schema() ([]byte, error) { return shape.JSONSchema() }

const (
	schemaFolder = "cue.mod/pkg/" + schema.Module
	moduleFile   = "cue.mod/module.cue"
	// module is the module file of a project that has none. The name is for imports of the project's own packages.
	module = "module: \"stemma.local/definition@v0\"\nlanguage: version: \"v0.15.0\"\n"
)

// CopySchema copies the CUE schema to the project, where CUE's own commands find it without a registry. It prints what it wrote.
func CopySchema(dir string, environ []string, out io.Writer) error {
	tree, err := project.OpenTree(dir, cli.Lookup(environ))
	if err != nil {
		return err
	}
	defer tree.Close()
	changes, err := schemaChanges(tree)
	if err == nil {
		err = tree.Apply(changes)
	}
	if err != nil {
		return err
	}
	for _, change := range changes {
		fmt.Fprintln(out, change)
	}
	return nil
}

// schemaChanges are the files to write: the schema, and a module file if there is none.
func schemaChanges(fsys fs.FS) ([]worktree.Change, error) {
	names, err := fs.Glob(schema.FS, "*.cue")
	if err != nil {
		return nil, err
	}
	var changes []worktree.Change
	for _, name := range names {
		content, err := fs.ReadFile(schema.FS, name)
		if err != nil {
			return nil, err
		}
		changes = append(changes, worktree.Change{Path: path.Join(schemaFolder, name), Content: content})
	}
	if _, err := fs.Stat(fsys, moduleFile); errors.Is(err, fs.ErrNotExist) {
		changes = append(changes, worktree.Change{Path: moduleFile, Content: []byte(module)})
	}
	return changes, nil
}
