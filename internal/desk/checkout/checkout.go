// Package checkout makes checkouts of a project in temporary folders, so that the user's own checkout stays as it is.
package checkout

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// kind is the kind of scratch folder that has checkouts.
const kind = "checkout"

// NewFolder makes a folder for checkouts.
func NewFolder() (*scratch.Folder, error) { return scratch.New(kind) }

// Sweep removes the checkouts of commands that were killed, and the user's repository forgets them.
func Sweep(ctx context.Context, r git.Repository) error {
	var failed error
	for _, dead := range scratch.Dead(kind) {
		failed = errors.Join(failed, dead.Close())
	}
	if failed != nil {
		return fmt.Errorf("remove the checkout of a command that was killed: %w", failed)
	}
	return r.ForgetMissing(ctx, scratch.Pattern(kind))
}

// Add checks out a ref in a folder that does not exist yet. It also returns the folder of the project in that checkout.
func Add(ctx context.Context, r git.Repository, ref, folder string) (checkout git.Repository, dir string, remove func() error, err error) {
	prefix, err := r.Prefix(ctx)
	if err != nil {
		return git.Repository{}, "", nil, err
	}
	checkout, remove, err = r.Worktree(ctx, ref, folder)
	return checkout, filepath.Join(folder, filepath.FromSlash(prefix)), remove, err
}

// Compile compiles the current commit of a project, without the variables of the environment, and passes the result to use.
func Compile(ctx context.Context, p *project.Project, use func(*project.Project) error) (err error) {
	folder, err := NewFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := Sweep(ctx, p.Repository()); err != nil {
		return err
	}
	_, dir, remove, err := Add(ctx, p.Repository(), "HEAD", filepath.Join(folder.Path, kind))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	committed, err := project.Open(ctx, dir, nil)
	if err != nil {
		return err
	}
	defer committed.Close()
	if committed.Found.HasErrors() {
		return errors.New("the definition of the present commit has errors")
	}
	return use(committed)
}
