// Package starter creates the first definition of a project.
package starter

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

//go:embed files/stemma.yaml
var firstDefinition []byte

//go:embed files/gitlab-ci.yml
var firstPipeline []byte

// Create writes a starter stemma.yaml and, if there is none, a .gitlab-ci.yml that includes the output. It prints what it wrote.
func Create(dir string, environ []string, out io.Writer) error {
	tree, err := project.OpenTree(dir, cli.Lookup(environ))
	if err != nil {
		return err
	}
	defer tree.Close()
	for _, file := range []string{definition.YAMLFile, definition.CUEFile} {
		if _, err := fs.Stat(tree, file); err == nil {
			return cli.UsageError{Err: fmt.Errorf("%s exists already; nothing was written", file)}
		}
	}
	changes := []worktree.Change{{Path: definition.YAMLFile, Content: firstDefinition}}
	_, err = fs.Stat(tree, projectci.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		changes = append(changes, worktree.Change{Path: projectci.File, Content: firstPipeline})
	case err != nil:
		return err
	}
	if err := tree.Apply(changes); err != nil {
		return err
	}
	for _, change := range changes {
		fmt.Fprintln(out, change)
	}
	if len(changes) == 1 {
		fmt.Fprintf(out, "%s stays as it is; add to it:\n\n%s", projectci.File, includeLines)
	}
	fmt.Fprintln(out, "next: edit stemma.yaml, run `stemma compile`, commit all of it, and run `stemma check`")
	return nil
}

const includeLines = `include:
  - local: .gitlab/stemma.gitlab-ci.yml

`
