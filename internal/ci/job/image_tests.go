package job

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// verification is a run of the tests that a build job runs: those inside its image.
func (b *builder) verification() verification {
	return verification{Env: b.Env, runner: func(ctx context.Context) (Runner, error) { return b.Builder(ctx) }}
}

func (b *builder) suiteName() string { return b.job.PlatformName(b.job.isPart()) }

// testNew tests an image before it is pushed, with the configuration and the layers that are pushed, which it writes to a new folder.
func (b *builder) testNew(ctx context.Context, image oci.Image, folder string) error {
	if b.job.Suite.isEmpty() {
		return nil
	}
	v := b.verification()
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	v.check(layers, b.job.Suite.checks)
	if tests := b.job.Suite.within(); len(tests) > 0 {
		if err := b.testLoaded(ctx, &v, tests, image, folder); err != nil {
			return v.interrupted(b.suiteName(), err)
		}
	}
	return v.verdict(b.suiteName())
}

func (b *builder) testLoaded(ctx context.Context, v *verification, tests []schema.Test, image oci.Image, folder string) error {
	if err := image.WriteFolder(folder); err != nil {
		return err
	}
	maker, err := b.Builder(ctx)
	if err != nil {
		return err
	}
	loaded, remove, err := maker.Load(ctx, folder)
	if err != nil {
		return err
	}
	defer remove()
	for _, test := range tests {
		if err := v.run(ctx, test, loaded); err != nil {
			return err
		}
	}
	return nil
}

// ensureTested tests an image that a registry has, unless it has passed the same tests before, and records that it has passed. Tests that
// see the project's files run again for another commit.
func (b *builder) ensureTested(ctx context.Context, image part) error {
	if b.job.Suite.isEmpty() {
		return nil
	}
	v := b.verification()
	if b.job.Suite.inside != "" {
		if err := b.testPushed(ctx, &v, image); err != nil {
			return v.interrupted(b.suiteName(), err)
		}
	}
	if err := v.verdict(b.suiteName()); err != nil {
		b.explainFailure(image.at)
		return err
	}
	if v.ran == 0 || image.at.Repository() != b.job.Repository {
		return nil // what an upstream project has is not ours to write to
	}
	return b.recordTests(ctx, image.at, b.job.Suite.inside)
}

// testPushed runs those tests inside an image that have not passed before.
func (b *builder) testPushed(ctx context.Context, v *verification, image part) error {
	tests := b.job.Suite.within()
	record, hasPassed, err := b.passed(ctx, image, b.job.Suite.inside, anyNeedsCommit(tests))
	if err != nil {
		return err
	}
	if err := b.checkPushed(ctx, v, image.at, record, hasPassed); err != nil {
		return err
	}
	for _, test := range tests {
		if hasPassed && (!needsCommit(test) || b.isOfThisCommit(record)) {
			v.skip(test.Name, record)
			continue
		}
		if v.ran == 0 {
			b.Log.Printf("Test %s where it is.", image.at)
		}
		if err := v.run(ctx, test, buildah.Subject{Reference: image.at.String(), Platform: b.job.Platform}); err != nil {
			return err
		}
	}
	return nil
}

// checkPushed looks at the layers of an image unless that was done before.
func (b *builder) checkPushed(ctx context.Context, v *verification, image oci.Reference, record testRun, hasPassed bool) error {
	names := checkNames(b.job.Suite.checks)
	if hasPassed {
		for _, name := range names {
			v.skip(name, record)
		}
		return nil
	}
	if len(names) == 0 {
		return nil
	}
	layers, err := b.Registry.Layers(ctx, image, b.job.Platform)
	if err != nil {
		return err
	}
	v.check(layers, b.job.Suite.checks)
	return nil
}

// explainFailure says what can be done about an image that the registry has and that failed its tests.
func (b *builder) explainFailure(image oci.Reference) {
	b.Log.Printf("To look into the image: podman pull %s", image)
	b.Log.Printf("A retry of this job tests the same image again. To build it again, start a pipeline with %s.", b.howToRebuild())
}

// howToRebuild is the variable that lets a pipeline build the image even where it exists.
func (b *builder) howToRebuild() string {
	if b.job.IsCompiled {
		return schema.VarRebuild + "=" + b.job.Name
	}
	return schema.VarForceRebuild + "=1"
}
