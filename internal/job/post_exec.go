package job

import (
	"context"
	"fmt"
	"path/filepath"
)

// postExec runs the job's snippet for the image that was published, in the project's files. Where the runner makes no checkout, the
// folder has what another job left there, so the snippet gets a clone.
func (b *builder) postExec(ctx context.Context, work, image string) error {
	folder := b.Dir
	if strategy := b.Getenv("GIT_STRATEGY"); strategy == "none" || strategy == "empty" {
		folder = filepath.Join(work, "project")
		if err := b.Clone(ctx, b.Getenv("CI_REPOSITORY_URL"), b.Getenv("CI_COMMIT_SHA"), folder); err != nil {
			return fmt.Errorf("fetch %s of the project for the snippet after the build: %w", b.Getenv("CI_COMMIT_SHA"), err)
		}
	}
	return b.PostExec(ctx, b.job.PostExec, image, folder)
}
