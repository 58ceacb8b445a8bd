package diff

import (
	"context"
	"errors"
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// Run compares the work tree of a project with a commit: with where its branch began if ref is empty.
func Run(ctx context.Context, p *project.Project, ref string) (Diff, error) {
	from, err := findBase(ctx, p.Repository(), p.Getenv, ref)
	if err != nil {
		return Diff{}, err
	}
	at, err := p.At(ctx, from.commit)
	if err != nil {
		return Diff{}, err
	}
	defer at.Files.Close()
	old := WithoutDefinition(Version{Name: from.name, Commit: from.commit, Result: at.Result, Found: at.Found, Files: at.Files, Committed: at.Committed})
	return Compare(old, WithoutDefinition(Version{Name: "the work tree", Result: p.Result, Found: p.Found, Files: p.Tree}))
}

// WithoutDefinition returns a version; one without a definition has neither images nor findings.
func WithoutDefinition(v Version) Version {
	for _, name := range []string{definition.YAMLFile, definition.CUEFile} {
		if _, err := fs.Stat(v.Files, name); !errors.Is(err, fs.ErrNotExist) {
			return v
		}
	}
	if definition.Misnamed(v.Files) == "" {
		v.Result, v.Found = compiler.Result{}, diagnostic.List{}
	}
	return v
}
