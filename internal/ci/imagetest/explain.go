package imagetest

import (
	"errors"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Advice returns what people can do about an image that did not pass its tests, in sentences.
type Advice func(job jobenv.Target, image oci.Reference) []string

// Explain logs why an image that a registry has did not pass its tests, and what can be done about it. Without advice, it is that of a pipeline.
func Explain(log output.Log, job jobenv.Target, failure error, image oci.Reference, advice Advice) {
	if advice == nil {
		advice = inPipeline
	}
	Quote(log, failure)
	log.Printf("No tag moves to the image, since its tests have not passed.")
	for _, line := range advice(job, image) {
		log.Printf("%s", line)
	}
}

func inPipeline(job jobenv.Target, image oci.Reference) []string {
	rebuild := schema.VarForceRebuild + "=1"
	if job.IsCompiled {
		rebuild = schema.VarRebuild + "=" + job.Name
	}
	return []string{
		"To look into it, run: podman run --rm -it --entrypoint /bin/sh " + image.String(),
		"To test the same image again, run this job again. To rebuild it, start a pipeline with " + rebuild + ".",
	}
}

// Quote logs the tests that failed, each with the last lines that it printed.
func Quote(log output.Log, failure error) {
	var failed Failure
	if !errors.As(failure, &failed) {
		return
	}
	for _, test := range failed.Tests {
		log.Printf("The test %q failed: %s.", test.Name, test.Failure)
		log.Quote(test.Output)
	}
}
