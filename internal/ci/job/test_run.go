package job

import (
	"context"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// testRun is a run of tests that an image passed.
type testRun struct {
	// commit is the one whose checkout the tests saw, and pipeline the id of the pipeline that ran them; either may be empty.
	commit, pipeline string
}

func recordIn(labels map[string]string) testRun {
	return testRun{commit: labels[schema.LabelCommit], pipeline: labels[schema.LabelPipelineID]}
}

// String is what a report says of a test that did not run again.
func (r testRun) String() string {
	if r.pipeline == "" {
		return "passed before"
	}
	return "passed before, in pipeline " + r.pipeline
}

// isOfThisCommit reports whether the tests saw the commit that the job runs for.
func (e Env) isOfThisCommit(r testRun) bool {
	return r.commit != "" && r.commit == e.Getenv("CI_COMMIT_SHA")
}

// passed returns what is recorded about the tests of a key: in the image's label, or beside the image. A test that sees the project's
// files has to run for each commit, so with ofCommit a label of another commit is not enough, and what is recorded since counts.
func (e Env) passed(ctx context.Context, image part, key string, ofCommit bool) (record testRun, ok bool, err error) {
	if image.hasPassed(key) {
		record, ok = recordIn(image.labels), true
		if !ofCommit || e.isOfThisCommit(record) {
			return record, ok, nil
		}
	}
	found, err := e.Registry.Look(ctx, testedAt(image.at, key), "")
	if oci.IsNotFound(err) {
		return record, ok, nil
	}
	return recordIn(found.Labels), true, err
}

// recordTests writes down beside an image that it passed the tests of a key.
func (e Env) recordTests(ctx context.Context, image oci.Reference, key string) error {
	return e.Registry.Note(ctx, testedAt(image, key), e.origin(map[string]string{schema.LabelTested: key}))
}

// origin adds to labels which job sets them, and when.
func (e Env) origin(labels map[string]string) map[string]string {
	for label, variable := range map[string]string{
		schema.LabelPipelineID: "CI_PIPELINE_ID", schema.LabelJobID: "CI_JOB_ID", schema.LabelProject: "CI_PROJECT_PATH", schema.LabelCommit: "CI_COMMIT_SHA",
	} {
		if value := e.Getenv(variable); value != "" {
			labels[label] = value
		}
	}
	labels[schema.LabelCreated] = e.Now().UTC().Format(time.RFC3339)
	return labels
}
