package target

import (
	"errors"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
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
	if errors.Is(err, cli.ErrFindings) {
		return oci.Reference{}, fmt.Errorf("%s is an image of the project, since it names no registry; %s", diagnostic.Quote(image), elsewhere(image))
	}
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
		if _, isClose := diagnostic.Nearest(image[:end], p.ImageNames()); isClose {
			return oci.Reference{}, err
		}
		return oci.Reference{}, cli.Usagef("%w; %s", err, elsewhere(image))
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

// elsewhere says how to name an image outside the project. A name without a registry is read as Docker reads it.
func elsewhere(image string) string {
	whole := "docker.io/library/" + image
	if strings.Contains(image, "/") {
		whole = "docker.io/" + image
	}
	if _, err := oci.ParseReference(whole); err != nil {
		whole = "docker.io/library/debian:12"
	}
	return "for an image outside the project, write its whole reference, such as " + whole
}
