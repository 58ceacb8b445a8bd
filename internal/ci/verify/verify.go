// Package verify is the job that tests an image in a registry.
package verify

import (
	"context"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Registry reads, records and tags images.
type Registry interface {
	tested.Registry
	imagetest.Registry
	Tag(ctx context.Context, from oci.Reference, tag schema.Tag, credentials oci.Credentials) error
}

// Env is what the job uses.
type Env struct {
	Getenv   func(string) string
	Registry Registry
	// Tests runs the tests.
	Tests *imagetest.Session
	// Advice is logged after failed tests; if nil, it is that of a pipeline.
	Advice imagetest.Advice
}

// Run checks an image in a registry and runs its tests, each in its own container or outside the image, and writes a JUnit report. If the
// job has only the outside tests, the others have passed in the build job: it records that these have passed too, skips those that passed for
// the same commit, and sets the image's tag if schema.VarSetTag is true.
func Run(ctx context.Context, env Env) error {
	v := verifier{Env: env, log: env.Tests.Log, records: tested.Records{Getenv: env.Getenv, Now: env.Tests.Now, Registry: env.Registry}}
	if err := v.Tests.Report(""); err != nil {
		return err
	}
	r := jobenv.NewReader(env.Getenv)
	v.image, v.suite = r.Target(), tested.ReadSuite(r)
	if err := r.Err(); err != nil {
		return err
	}
	var err error
	if v.at, err = tested.Built(ctx, v.Registry, v.Getenv, v.image); err != nil {
		return err
	}
	if err := v.test(ctx); err != nil {
		return v.Tests.Interrupted(v.image.Name, err)
	}
	if err := v.Tests.Verdict(v.image.Name); err != nil {
		v.explain(ctx, err)
		return err
	}
	if env.Getenv(schema.VarSetTag) != "" {
		if err := v.setTag(ctx); err != nil {
			return err
		}
	}
	if v.Tests.Ran > 0 {
		v.log.Printf("Verified %s: %s passed.", v.at, terminal.Count(v.Tests.Ran, "test"))
	}
	return nil
}

// verifier is a verify job in progress.
type verifier struct {
	Env
	log     output.Log
	records tested.Records
	image   jobenv.Target
	suite   tested.Suite
	// at is the image, pinned by digest.
	at oci.Reference
}

// isRest reports whether the job has only the tests that the image's build job does not run.
func (v *verifier) isRest() bool {
	return v.Getenv(schema.VarImage) != "" && v.suite.Inside == "" && v.suite.Outside != ""
}

func (v *verifier) test(ctx context.Context) error {
	if !v.isRest() {
		return v.testAll(ctx)
	}
	run, hasPassed, err := v.records.Passed(ctx, tested.Image{At: v.at}, v.suite.Outside, true)
	if err != nil {
		return err
	}
	if hasPassed && run.IsOf(v.Getenv("CI_COMMIT_SHA")) {
		for _, test := range v.suite.Tests {
			v.Tests.Skip(test.Name, run)
		}
		v.log.Printf("%s has passed these tests for this commit before.", v.at)
		return nil
	}
	if err := v.testAll(ctx); err != nil || v.Tests.Failed > 0 {
		return err
	}
	return v.records.Write(ctx, v.at, v.suite.Outside)
}

func (v *verifier) testAll(ctx context.Context) error {
	if err := v.Tests.CheckPushed(ctx, v.Registry, v.at, v.image.Platform, v.suite.Checks); err != nil {
		return err
	}
	for _, test := range v.suite.Tests {
		if err := v.Tests.Test(ctx, test, buildah.Subject{Reference: v.at.String(), Platform: v.image.Platform}); err != nil {
			return err
		}
	}
	return nil
}

// setTag moves the image's tag to it, unless a build job would not move the tag.
func (v *verifier) setTag(ctx context.Context) error {
	if err := tested.RequireReleasable(ctx, v.Registry, v.Getenv, v.image, v.at); err != nil {
		return fmt.Errorf("the tag %s is not set: %w", v.image.Tag, err)
	}
	existing, err := v.Registry.Resolve(ctx, v.image.Reference())
	if err != nil && !oci.IsNotFound(err) {
		return err
	}
	if existing == v.at.Digest() {
		v.log.Printf("%s is already %s.", v.image.Reference(), existing)
		return nil
	}
	switch {
	case jobenv.IsTrialRebuild(v.Getenv):
		v.log.Printf("No tag names it: a trial rebuild publishes nothing.")
		return nil
	case !existing.IsZero() && v.image.KeepsExisting():
		v.log.Printf("The tag %s stays where it is: %s does not move a tag that others use.", v.image.Tag, v.image.Keeps)
		return nil
	}
	if err := v.Registry.Tag(ctx, v.at, v.image.Tag, oci.Credentials{}); err != nil {
		return err
	}
	v.log.Printf("Tagged %s as %s.", v.at, v.image.Reference())
	return nil
}

// explain tells what to do about failed tests, and records the failure of a rebuilt image.
func (v *verifier) explain(ctx context.Context, failure error) {
	if !v.isRest() {
		imagetest.Quote(v.log, failure)
		return
	}
	imagetest.Explain(v.log, v.image, failure, v.at, v.Advice)
	v.rebuild(ctx).Failed(ctx, v.log, v.Tests.Now(), failure)
}

// rebuild returns the rebuild that made the image, if its tag names another image. It is nil if a lookup fails: then no failure is recorded.
func (v *verifier) rebuild(ctx context.Context) *record.Rebuild {
	existing, err := v.Registry.Look(ctx, v.image.Reference(), v.image.Platform)
	if err != nil || jobenv.IsTrialRebuild(v.Getenv) {
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
	return record.NewRebuild(ctx, v.Registry, v.image, platform, provenance.Parents(found.Labels))
}
