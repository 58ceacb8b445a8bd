package tested

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Releasable returns the image to release: that of Built, if RequireReleasable allows it.
func Releasable(ctx context.Context, registry Registry, getenv func(string) string, image jobenv.Target) (oci.Reference, error) {
	pinned, err := Built(ctx, registry, getenv, image)
	if err != nil {
		return oci.Reference{}, err
	}
	return pinned, RequireReleasable(ctx, registry, getenv, image, pinned)
}

// RequireReleasable fails unless an image has passed the tests that the job's variables require, and is made of the inputs that the job was
// compiled with. Anyone who may start a pipeline can name a digest in a variable.
func RequireReleasable(ctx context.Context, registry Registry, getenv func(string) string, image jobenv.Target, at oci.Reference) error {
	keys, err := Required(getenv)
	if err != nil {
		return err
	}
	r := Requirement{Name: image.Name, Image: at, Keys: keys, Inputs: image.Inputs}
	if image.Inputs != "" && !image.IsContentTag() {
		named, err := registry.Resolve(ctx, image.Reference())
		if err != nil && !oci.IsNotFound(err) {
			return err
		}
		if at.Digest().IsZero() || at.Digest() == named {
			r.Inputs = "" // a tag written by hand may name an image of older inputs; the build job warns of that
		}
	}
	return Require(ctx, registry, r)
}

// Required are the keys of the tests that the job's variables require: those that schema.VarRequiredTests lists, and those of tests that the
// variables hold themselves, as in jobs of components, whose compiler does not know the test.
func Required(getenv func(string) string) ([]string, error) {
	r := jobenv.NewReader(getenv)
	keys := append(strings.Fields(getenv(schema.VarRequiredTests)), ReadSuite(r).Keys()...)
	return keys, r.Err()
}

// Built returns the image of this pipeline's build job, for the platform of this job or for all. Without one it returns the tagged image, if
// its inputs are those of the job.
func Built(ctx context.Context, registry Registry, getenv func(string) string, image jobenv.Target) (oci.Reference, error) {
	for _, name := range []string{image.PlatformName(image.Platform != ""), image.Name} {
		if digest, ok := jobenv.Digest(getenv, name); ok {
			return image.Repository.At(digest), nil
		}
	}
	found, err := registry.Look(ctx, image.Reference(), image.Platform)
	if err != nil {
		return oci.Reference{}, err
	}
	if image.Inputs != "" && found.Labels[schema.LabelInputs] != image.Inputs {
		return oci.Reference{}, fmt.Errorf("the image %s is not made of the inputs that this job was compiled for: its label %s is %q; run its build job first", image.Reference(), schema.LabelInputs, found.Labels[schema.LabelInputs])
	}
	return image.Repository.At(found.Digest), nil
}
