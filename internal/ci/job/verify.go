package job

import (
	"context"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Verify checks an image in a registry and runs its tests, each in its own container or outside the image, and writes a JUnit report. If the
// job has only the outside tests, the others have passed in the build job: it records that these have passed too, skips those that passed for
// the same commit, and sets the image's tag if schema.VarSetTag is true.
func Verify(ctx context.Context, env Env, runner func(ctx context.Context) (Runner, error)) error {
	v := verifier{verification: verification{Env: env, runner: runner}}
	if err := v.report(""); err != nil {
		return err
	}
	r := &reader{jobenv.NewReader(env.Getenv)}
	v.image, v.suite = r.Target(), r.suite()
	if err := r.Err(); err != nil {
		return err
	}
	var err error
	if v.at, err = env.built(ctx, v.image); err != nil {
		return err
	}
	if err := v.test(ctx); err != nil {
		return v.interrupted(v.image.Name, err)
	}
	if err := v.verdict(v.image.Name); err != nil {
		v.explain(ctx, err)
		return err
	}
	if env.Getenv(schema.VarSetTag) != "" {
		return v.setTag(ctx)
	}
	return nil
}

// verifier is a verify job in progress.
type verifier struct {
	verification
	image jobenv.Target
	suite suite
	// at is the image, pinned by digest.
	at oci.Reference
}

// isRest reports whether the job has only the tests that the image's build job does not run.
func (v *verifier) isRest() bool {
	return v.Getenv(schema.VarImage) != "" && v.suite.inside == "" && v.suite.outside != ""
}

func (v *verifier) test(ctx context.Context) error {
	if !v.isRest() {
		return v.testAll(ctx)
	}
	record, hasPassed, err := v.passed(ctx, part{at: v.at}, v.suite.outside, true)
	if err != nil {
		return err
	}
	if hasPassed && v.isOfThisCommit(record) {
		for _, test := range v.suite.tests {
			v.skip(test.Name, record)
		}
		v.Log.Printf("%s has passed these tests for this commit before.", v.at)
		return nil
	}
	if err := v.testAll(ctx); err != nil || v.failed > 0 {
		return err
	}
	return v.recordTests(ctx, v.at, v.suite.outside)
}

func (v *verifier) testAll(ctx context.Context) error {
	if v.suite.checks != (schema.Checks{}) {
		layers, err := v.Registry.Layers(ctx, v.at, v.image.Platform)
		if err != nil {
			return err
		}
		v.check(layers, v.suite.checks)
	}
	for _, test := range v.suite.tests {
		if err := v.run(ctx, test, buildah.Subject{Reference: v.at.String(), Platform: v.image.Platform}); err != nil {
			return err
		}
	}
	return nil
}

// builder returns a build job of the image, for its references and records of failures.
func (v *verifier) builder() *builder {
	return &builder{Env: v.Env, job: buildJob{
		Target: v.image, IsCanary: v.Getenv(schema.VarCanary) != "",
	}}
}

// setTag moves the image's tag to it, unless a build job would not move the tag.
func (v *verifier) setTag(ctx context.Context) error {
	if err := v.requireReleasable(ctx, v.image, v.at); err != nil {
		return fmt.Errorf("the tag %s is not set: %w", v.image.Tag, err)
	}
	existing, err := v.Registry.Resolve(ctx, v.image.Reference())
	if err != nil && !oci.IsNotFound(err) {
		return err
	}
	if existing == v.at.Digest() {
		v.Log.Printf("%s is already %s.", v.image.Reference(), existing)
		return nil
	}
	b := v.builder()
	tagStays := !existing.IsZero() && b.job.Keeps != "" && !v.image.IsContentTag()
	result, err := b.name(ctx, v.at.Digest(), decision{Untagged: tagStays})
	if err == nil && result.at == v.image.Reference() {
		v.Log.Printf("Tagged %s as %s.", v.at, v.image.Reference())
	}
	return err
}

// explain tells what to do about failed tests, and records the failure of a rebuilt image.
func (v *verifier) explain(ctx context.Context, failure error) {
	if !v.isRest() {
		return
	}
	b := v.builder()
	if v.Getenv(schema.VarSetTag) != "" {
		v.Log.Printf("The tag %s stays where it is.", v.image.Tag)
	}
	b.explainFailure(v.at)
	if b.attempt = v.attempt(ctx); b.attempt != nil {
		b.failed(ctx, failure)
	}
}

// attempt returns the attempt of a rebuilt image, whose tag names another image. It records no failure if the lookup fails.
func (v *verifier) attempt(ctx context.Context) *attempt {
	existing, err := v.Registry.Look(ctx, v.image.Reference(), v.image.Platform)
	if err != nil || v.Getenv(schema.VarCanary) != "" {
		return nil
	}
	digest, platform := existing.Digest, ""
	if existing.Platforms != nil {
		digest, platform = existing.Platforms[v.image.Platform], v.image.Platform
	}
	if digest == v.at.Digest() {
		return nil
	}
	found, err := v.Registry.Look(ctx, v.at, v.image.Platform)
	if err != nil {
		return nil
	}
	recorded := recordedParents(found.Labels)
	parents := make([]string, len(recorded))
	for i, parent := range recorded {
		parents[i] = parent.Digest
	}
	a := newAttempt(v.image, platform, parents)
	a.before = remembered(ctx, v.Registry, a.at)
	return a
}

// built returns the image of this pipeline's build job, for the platform of this job or for all. Without one it returns the tagged image, if
// its inputs are those of the job.
func (e Env) built(ctx context.Context, image jobenv.Target) (oci.Reference, error) {
	for _, name := range []string{image.PlatformName(image.Platform != ""), image.Name} {
		if digest, ok := jobenv.Digest(e.Getenv, name); ok {
			return image.Repository.At(digest), nil
		}
	}
	found, err := e.Registry.Look(ctx, image.Reference(), image.Platform)
	if err != nil {
		return oci.Reference{}, err
	}
	if image.Inputs != "" && found.Labels[schema.LabelInputs] != image.Inputs {
		return oci.Reference{}, fmt.Errorf("the image %s is not made of the inputs that this job was compiled for: its label %s is %q; run its build job first", image.Reference(), schema.LabelInputs, found.Labels[schema.LabelInputs])
	}
	return image.Repository.At(found.Digest), nil
}
