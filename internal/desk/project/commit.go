package project

import (
	"context"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/platform/revision"
)

// Commit is a project as a commit has it, compiled without its policies.
type Commit struct {
	compiler.Result
	Found diagnostic.List
	// Files are all of its files, and Committed those of them that were compiled.
	Files     *revision.Files
	Committed drift.Committed
}

// At compiles the project as a commit has it. The caller closes its Files. They can be read until the context ends.
func (p *Project) At(ctx context.Context, commit string) (*Commit, error) {
	files, err := revision.Open(ctx, p.Repository(), commit, p.Tree)
	if err != nil {
		return nil, err
	}
	c := &Commit{Files: files}
	c.Result, c.Found, err = compileFiles(files, compiler.Options{NoPolicies: true, Date: p.Date},
		&client.Evaluator{Context: ctx, Dir: p.Dir, Commit: commit, Environ: gitEnvironment(p.Environ)})
	if err == nil {
		c.Committed, err = readCommitted(files, pathsOf(c.Result.Files))
	}
	if err != nil {
		files.Close()
		return nil, err
	}
	return c, nil
}

// gitEnvironment returns the variables that git needs to read objects. The evaluator gets no others: CUE is input from outside.
func gitEnvironment(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !slices.Contains([]string{"PATH", "HOME", "XDG_CONFIG_HOME"}, name) && !strings.HasPrefix(name, "GIT_")
	})
}
