package imagetest

import (
	"errors"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Explain logs why an image that a registry has did not pass its tests, and what can be done about it.
func Explain(log output.Log, job jobenv.Target, failure error, image oci.Reference) {
	rebuild := schema.VarForceRebuild + "=1"
	if job.IsCompiled {
		rebuild = schema.VarRebuild + "=" + job.Name
	}
	Quote(log, failure)
	log.Printf("No tag moves to the image, since its tests have not passed.")
	log.Printf("To look into it, run: podman run --rm -it --entrypoint /bin/sh %s", image)
	log.Printf("To test the same image again, run this job again. To rebuild it, start a pipeline with %s.", rebuild)
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
