package why

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
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
	reference, err := q.reference()
	if err != nil {
		return Step{}, err
	}
	registry, err := registries.LoggedIn(q.Getenv)
	if err != nil {
		return Step{}, err
	}
	return Chain(ctx, registry, reference)
}

func (q Question) reference() (oci.Reference, error) {
	if schema.NamesRegistry(q.Image) {
		reference, err := oci.ParseReference(q.Image)
		if err != nil {
			return oci.Reference{}, cli.UsageError{Err: err}
		}
		return reference, nil
	}
	if q.Registry == "" {
		return oci.Reference{}, cli.UsageError{Err: fmt.Errorf("where is %s? Give its reference, or say with --registry where the project's images are: registry.example.org/group/project", q.Image)}
	}
	p, err := q.Open()
	if err != nil {
		return oci.Reference{}, err
	}
	defer p.Close()
	i, err := p.Image(q.Image)
	if err != nil {
		return oci.Reference{}, err
	}
	reference, err := oci.ParseReference(strings.ToLower(strings.TrimSuffix(q.Registry, "/")) + "/" + q.Image + ":" + p.Graph.Images[i].Tag.String())
	if err != nil {
		return oci.Reference{}, cli.UsageError{Err: fmt.Errorf("--registry: %w", err)}
	}
	return reference, nil
}
