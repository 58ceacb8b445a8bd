package build

import (
	"context"
	"fmt"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// afterwards runs the job's snippet for the image that was published, in the project's files. Where the runner makes no checkout, the
// folder has what another job left there, so the snippet gets a clone.
func (b *builder) afterwards(ctx context.Context, image made) error {
	if b.job.PostExec == "" || b.job.IsCanary {
		return nil
	}
	strategy := b.Getenv("GIT_STRATEGY")
	if strategy != "none" && strategy != "empty" {
		return b.PostExec(ctx, b.job.PostExec, image.at.String(), string(b.Dir))
	}
	work, err := scratch.New("snippet")
	if err != nil {
		return err
	}
	defer work.Close()
	folder := filepath.Join(work.Path, "project")
	if err := b.Clone(ctx, b.Getenv("CI_REPOSITORY_URL"), b.Getenv("CI_COMMIT_SHA"), folder); err != nil {
		return fmt.Errorf("fetch %s of the project for the snippet after the build: %w", b.Getenv("CI_COMMIT_SHA"), err)
	}
	return b.PostExec(ctx, b.job.PostExec, image.at.String(), folder)
}
