package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// checkouts is the word for folders with checkouts beside the user's own.
const checkouts = "checkout"

// sweepBuilds removes what builds that were killed have left on this machine.
func sweepBuilds(ctx context.Context, environ []string, folder string) error {
	return buildah.SweepDead(ctx, scratch.Dead(""), func(ctx context.Context) (*buildah.Builder, error) {
		return buildah.New(ctx, buildah.Config{
			Environ: environ, Log: io.Discard, Scratch: folder, Auth: []byte("{}"), Insecure: func(string) bool { return false },
		})
	})
}

// sweepCheckouts removes the checkouts of commands that were killed, and what the user's own checkout knows of them.
func sweepCheckouts(ctx context.Context, r git.Repository) error {
	var failed error
	for _, dead := range scratch.Dead(checkouts) {
		failed = errors.Join(failed, dead.Close())
	}
	if failed != nil {
		return fmt.Errorf("remove the checkout of a command that was killed: %w", failed)
	}
	return r.ForgetMissing(ctx, scratch.Pattern(checkouts))
}
