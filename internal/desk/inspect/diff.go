package inspect

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// Diff compares the work tree of a project with a commit: with the one where its branch began if ref is empty.
func Diff(ctx context.Context, p *project.Project, ref string) (diff.Diff, error) {
	return diff.Run(ctx, p, ref)
}
