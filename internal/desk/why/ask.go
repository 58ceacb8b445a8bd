package why

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
)

// Question asks about an image.
type Question struct {
	// Image is a reference, or the name of an image of the project.
	Image string
	target.Named
	Getenv func(string) string
}

// Ask finds the image of a question and returns its chain.
func Ask(ctx context.Context, q Question) (Step, error) {
	reference, err := q.Reference(q.Image)
	if err != nil {
		return Step{}, err
	}
	registry, err := registries.LoggedIn(q.Getenv)
	if err != nil {
		return Step{}, err
	}
	return Chain(ctx, registry, reference)
}
