package tested

import (
	"context"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Run is a run of tests that an image passed.
type Run struct {
	// commit is the one whose checkout the tests saw, and pipeline the id of the pipeline that ran them; either may be empty.
	commit, pipeline string
}

// RunOf returns the run that the labels of an image or a record tell of.
func RunOf(labels map[string]string) Run {
	return Run{commit: labels[schema.LabelCommit], pipeline: labels[schema.LabelPipelineID]}
}

// String is what a report says of a test that did not run again.
func (r Run) String() string {
	if r.pipeline == "" {
		return "passed before"
	}
	return "passed before, in pipeline " + r.pipeline
}

// IsOf reports whether the tests saw a commit.
func (r Run) IsOf(commit string) bool { return r.commit != "" && r.commit == commit }

// Records are the records of tests that images have passed since they were pushed.
type Records struct {
	Getenv   func(string) string
	Now      func() time.Time
	Registry Registry
}

// Passed returns what is recorded about the tests of a key: in the image's label, or beside the image. A test that sees the project's
// files has to run for each commit, so with ofCommit a label of another commit is not enough, and what is recorded since counts.
func (r Records) Passed(ctx context.Context, image Image, key string, ofCommit bool) (run Run, ok bool, err error) {
	if image.HasPassed(key) {
		run, ok = RunOf(image.Labels), true
		if !ofCommit || run.IsOf(r.Getenv("CI_COMMIT_SHA")) {
			return run, ok, nil
		}
	}
	found, err := r.Registry.Look(ctx, recordAt(image.At, key), "")
	if oci.IsNotFound(err) {
		return run, ok, nil
	}
	return RunOf(found.Labels), true, err
}

// Write records beside an image that it passed the tests of a key.
func (r Records) Write(ctx context.Context, image oci.Reference, key string) error {
	labels := provenance.Job(r.Getenv, r.Now())
	labels[schema.LabelTested] = key
	return r.Registry.Note(ctx, recordAt(image, key), labels)
}
