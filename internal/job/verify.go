package job

import (
	"context"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/build"
	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Verify checks an image and runs its tests, each in a container of its own, and writes a JUnit report.
func Verify(ctx context.Context, env Env, runner func(ctx context.Context) (Runner, error)) error {
	v := verification{Env: env, runner: runner}
	if err := v.report(""); err != nil {
		return err
	}
	r := &reader{getenv: env.Getenv}
	image := r.target()
	suite := r.suite()
	if err := r.err(); err != nil {
		return err
	}
	pinned, err := env.built(ctx, image)
	if err != nil {
		return err
	}
	if suite.checks != (schema.Checks{}) {
		layers, err := env.Registry.Layers(ctx, pinned, image.Platform)
		if err != nil {
			return err
		}
		v.check(layers, suite.checks)
	}
	for _, test := range suite.tests {
		if err := v.run(ctx, test, build.Subject{Reference: pinned.String(), Platform: image.Platform}); err != nil {
			return err
		}
	}
	return v.verdict(image.Name)
}

// built is the image that the build job of this pipeline left, for the platform of this job or for all, or else the one that has the tag and
// is made of the inputs that the job was compiled with.
func (e Env) built(ctx context.Context, image target) (oci.Reference, error) {
	for _, name := range []string{image.platformName(image.Platform != ""), image.Name} {
		if digest, err := oci.ParseDigest(e.Getenv(schema.PrefixDigest + schema.DotenvSuffix(name))); err == nil {
			return image.Repository.At(digest), nil
		}
	}
	found, err := e.Registry.Look(ctx, image.reference(), image.Platform)
	if err != nil {
		return oci.Reference{}, err
	}
	if image.Inputs != "" && found.Labels[schema.LabelInputs] != image.Inputs {
		return oci.Reference{}, fmt.Errorf("the image %s is not made of the inputs that this job was compiled for: its label %s is %q; run its build job first", image.reference(), schema.LabelInputs, found.Labels[schema.LabelInputs])
	}
	return image.Repository.At(found.Digest), nil
}
