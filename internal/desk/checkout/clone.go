package checkout

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// Clone clones the current commit to a new folder and copies the project's files over it as they are now, with uncommitted changes. If
// the project is not in git, or cannot be cloned, Clone only copies the files.
func Clone(ctx context.Context, p *project.Project, log io.Writer, folder string) error {
	repository := p.Repository()
	top, err := repository.Line(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return Copy(p, folder)
	}
	prefix, err := repository.Prefix(ctx)
	if err != nil {
		return err
	}
	if _, err := repository.Run(ctx, "clone", "--quiet", "--depth=1", "--no-checkout", "file://"+top, folder); err != nil {
		fmt.Fprintf(log, "Warning: the snippet sees no history: %v.\n", err)
		return Copy(p, folder)
	}
	if err := Copy(p, filepath.Join(folder, filepath.FromSlash(path.Clean("./"+prefix)))); err != nil {
		return err
	}
	_, err = git.Repository{Dir: folder, Environ: p.Environ}.Run(ctx, "reset", "--quiet")
	return err
}

// Copy copies the files of a project, as they are in the work tree, to a folder.
func Copy(p *project.Project, folder string) error {
	if err := os.CopyFS(folder, p.Tree); err != nil {
		return fmt.Errorf("copy the project's files: %w", err)
	}
	return nil
}
