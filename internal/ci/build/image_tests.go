package build

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// session is a run of the tests that a build job runs: those inside its image.
func (b *builder) session() *imagetest.Session {
	return &imagetest.Session{Log: b.Log, Dir: b.Dir, Now: b.Now, Checkout: b.Checkout, Runner: func(ctx context.Context) (imagetest.Runner, error) { return b.Builder(ctx) }}
}

func (b *builder) records() tested.Records {
	return tested.Records{Getenv: b.Getenv, Now: b.Now, Registry: b.Registry}
}

func (b *builder) suiteName() string { return b.job.PlatformName(b.job.isPart()) }

// testNew tests an image before it is pushed, with the configuration and the layers that are pushed, which it writes to a new folder.
func (b *builder) testNew(ctx context.Context, image oci.Image, folder string) error {
	if b.job.Suite.IsEmpty() {
		return nil
	}
	v := b.session()
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	v.Check(layers, b.job.Suite.Checks)
	if tests := b.job.Suite.Within(); len(tests) > 0 {
		if err := b.testLoaded(ctx, v, tests, image, folder); err != nil {
			return v.Interrupted(b.suiteName(), err)
		}
	}
	b.work.tests = v.Ran
	return v.Verdict(b.suiteName())
}

func (b *builder) testLoaded(ctx context.Context, v *imagetest.Session, tests []schema.Test, image oci.Image, folder string) error {
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
		if err := v.Test(ctx, test, loaded); err != nil {
			return err
		}
	}
	return nil
}

// ensureTested tests an image that a registry has, unless it has passed the same tests before, and records that it has passed. Tests that
// see the project's files run again for another commit.
func (b *builder) ensureTested(ctx context.Context, image tested.Image) error {
	if b.job.Suite.IsEmpty() {
		return nil
	}
	v := b.session()
	if b.job.Suite.Inside != "" {
		if err := b.testPushed(ctx, v, image); err != nil {
			return v.Interrupted(b.suiteName(), err)
		}
	}
	b.work.tests = v.Ran
	if err := v.Verdict(b.suiteName()); err != nil {
		imagetest.Explain(b.Log, b.job.Target, err, image.At, b.Advice)
		return err
	}
	if v.Ran == 0 || image.At.Repository() != b.job.Repository {
		return nil // what an upstream project has is not ours to write to
	}
	return b.records().Write(ctx, image.At, b.job.Suite.Inside)
}

// testPushed runs those tests inside an image that have not passed before.
func (b *builder) testPushed(ctx context.Context, v *imagetest.Session, image tested.Image) error {
	tests := b.job.Suite.Within()
	run, hasPassed, err := b.records().Passed(ctx, image, b.job.Suite.Inside, slices.ContainsFunc(tests, tested.NeedsCommit))
	if err != nil {
		return err
	}
	if hasPassed {
		for _, name := range imagetest.CheckNames(b.job.Suite.Checks) {
			v.Skip(name, run)
		}
	} else if err := v.CheckPushed(ctx, b.Registry, image.At, b.job.Platform, b.job.Suite.Checks); err != nil {
		return err
	}
	for _, test := range tests {
		if hasPassed && (!tested.NeedsCommit(test) || run.IsOf(b.Getenv("CI_COMMIT_SHA"))) {
			v.Skip(test.Name, run)
			continue
		}
		if v.Ran == 0 {
			b.Log.Printf("Test %s where it is.", image.At)
		}
		if err := v.Test(ctx, test, buildah.Subject{Reference: image.At.String(), Platform: b.job.Platform}); err != nil {
			return err
		}
	}
	return nil
}

// parentTests reads the keys of the tests that parents must have passed, by name.
func (r reader) parentTests() map[string][]string {
	var written map[string]string
	r.Decode(schema.VarParentTests, &written)
	keys := make(map[string][]string, len(written))
	for name, list := range written {
		keys[name] = strings.Fields(list)
	}
	return keys
}

// requireTestedParents fails if a parent of the same project has not passed its tests.
func (b *builder) requireTestedParents(ctx context.Context) error {
	for _, p := range b.job.Parents {
		keys := b.job.ParentTests[p.Name]
		if p.Name == "" || len(keys) == 0 {
			continue
		}
		if err := tested.Require(ctx, b.Registry, tested.Requirement{Name: p.Name, Image: p.pinned(), Platform: b.job.Platform, Keys: keys}); err != nil {
			return fmt.Errorf("%s is not built: its parent %w", b.job.Name, err)
		}
	}
	return nil
}
