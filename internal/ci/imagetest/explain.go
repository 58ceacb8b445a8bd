package imagetest

import (
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Explain logs what can be done about an image that a registry has and that failed its tests.
func Explain(log output.Log, job jobenv.Target, image oci.Reference) {
	rebuild := schema.VarForceRebuild + "=1"
	if job.IsCompiled {
		rebuild = schema.VarRebuild + "=" + job.Name
	}
	log.Printf("To look into the image: podman pull %s", image)
	log.Printf("A retry of this job tests the same image again. To build it again, start a pipeline with %s.", rebuild)
}
