package inspect

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/diff"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// ReadImages adds to a comparison what differs between the old and the new images in the registry, which is the flag --registry.
func ReadImages(ctx context.Context, p *project.Project, compared *diff.Diff, registry string) error {
	return compared.ReadImages(ctx, p, registry)
}

// Diff compares the work tree of a project with a commit: with the one where its branch began if ref is empty.
func Diff(ctx context.Context, p *project.Project, ref string) (diff.Diff, error) {
	return diff.Run(ctx, p, ref)
}
