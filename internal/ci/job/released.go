package job

import (
	"context"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// released is the image to release: what built returns, if it may be shown to others.
func (e Env) released(ctx context.Context, image jobenv.Target) (oci.Reference, error) {
	pinned, err := e.built(ctx, image)
	if err != nil {
		return oci.Reference{}, err
	}
	return pinned, e.requireReleasable(ctx, image, pinned)
}

// requireReleasable fails unless an image has passed the tests that the job's variables require, and is made of the inputs that the job was
// compiled with. Anyone who may start a pipeline can name a digest in a variable.
func (e Env) requireReleasable(ctx context.Context, image jobenv.Target, at oci.Reference) error {
	keys, err := e.requiredTests()
	if err != nil {
		return err
	}
	r := requirement{name: image.Name, image: at, keys: keys, inputs: image.Inputs}
	if image.Inputs != "" && !image.IsContentTag() {
		named, err := e.Registry.Resolve(ctx, image.Reference())
		if err != nil && !oci.IsNotFound(err) {
			return err
		}
		if at.Digest().IsZero() || at.Digest() == named {
			r.inputs = "" // a tag written by hand may name an image of older inputs; the build job warns of that
		}
	}
	return e.requireTested(ctx, r)
}

// requiredTests are the keys of the tests that the job's variables require: those that schema.VarRequiredTests lists, and those of tests that the
// variables hold themselves, as in jobs of components, whose compiler does not know the test.
func (e Env) requiredTests() ([]string, error) {
	r := &reader{jobenv.NewReader(e.Getenv)}
	keys := append(strings.Fields(e.Getenv(schema.VarRequiredTests)), r.suite().keys()...)
	return keys, r.Err()
}
