package target

import (
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Named finds the images that a command line names.
type Named struct {
	// Registry is the flag --registry, as Find reads it. Open opens the project.
	Registry string
	Open     func() (*project.Project, error)
}

// Reference returns the reference of an image: a whole reference, which begins with a registry, or the name of an image of the project. That
// has its tag in the definition unless a tag or digest follows the name.
func (n Named) Reference(image string) (oci.Reference, error) {
	if schema.NamesRegistry(image) {
		reference, err := oci.ParseReference(image)
		if err != nil {
			return oci.Reference{}, cli.UsageError{Err: err}
		}
		return reference, nil
	}
	p, err := n.Open()
	if err != nil {
		return oci.Reference{}, err
	}
	defer p.Close()
	end := len(image)
	if i := strings.IndexAny(image, ":@"); i >= 0 {
		end = i
	}
	i, err := p.Image(image[:end])
	if err != nil {
		return oci.Reference{}, cli.UsageError{Err: fmt.Errorf("%w; an image of another project is named with its registry, such as docker.io/library/debian:12", err)}
	}
	t, err := FindRegistry(p, n.Registry)
	if err != nil {
		return oci.Reference{}, err
	}
	if end == len(image) {
		return t.reference(p.Graph.Images[i])
	}
	reference, err := oci.ParseReference(t.Prefix + "/" + image)
	if err != nil {
		return oci.Reference{}, cli.UsageError{Err: err}
	}
	return reference, nil
}
