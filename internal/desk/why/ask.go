package why

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
)

// Question asks about an image.
type Question struct {
	// Image is a reference, or the name of an image of the project that Open opens. Registry is the project's registry path.
	Image, Registry string
	Open            func() (*project.Project, error)
	Getenv          func(string) string
}

// Ask finds the image of a question and returns its chain.
func Ask(ctx context.Context, q Question) (Step, error) {
	reference, err := target.Named{Registry: q.Registry, Open: q.Open}.Reference(q.Image)
	if err != nil {
		return Step{}, err
	}
	registry, err := registries.LoggedIn(q.Getenv)
	if err != nil {
		return Step{}, err
	}
	return Chain(ctx, registry, reference)
}
