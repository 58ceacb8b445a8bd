package diff

import (
	"context"
	"errors"
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/revision"
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
	new := Version{Name: "the work tree", Result: p.Result, Found: p.Found, Files: p.Tree, Committed: p.Committed()}
	old := Version{Name: from.name, Commit: from.commit, Result: at.Result, Found: at.Found, Files: at.Files, Committed: at.Committed}
	top, folder, err := p.OpenTop()
	if err != nil {
		return Diff{}, err
	}
	if folder == "." {
		return Compare(old, new)
	}
	defer top.Close()
	files, err := revision.Open(ctx, git.Repository{Dir: top.Dir(), Environ: p.Environ}, from.commit, top)
	if err != nil {
		return Diff{}, err
	}
	defer files.Close()
	new.Top, new.Folder, old.Top, old.Folder = top, folder, files, folder
	return Compare(old, new)
}

// hasDefinition reports whether a version has a definition, or a file that its author may take for one.
func (v Version) hasDefinition() bool {
	for _, name := range []string{definition.YAMLFile, definition.CUEFile} {
		if _, err := fs.Stat(v.Files, name); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return definition.Misnamed(v.Files) != ""
}
