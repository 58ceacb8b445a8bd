package record

import (
	"strconv"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Here returns the line of releases that the pipeline of a job belongs to, and the pipeline or person that releases. A child pipeline is
// ordered by the id of its parent: a child that an older pipeline restarts has a new id.
func Here(getenv func(string) string) (Line, Origin) {
	line := LineOf(getenv("CI_COMMIT_TAG"), getenv("CI_COMMIT_BRANCH"), getenv("CI_DEFAULT_BRANCH"))
	id := getenv("CI_PIPELINE_ID")
	if parent := getenv(schema.VarParentPipeline); parent != "" && getenv("CI_PIPELINE_SOURCE") == "parent_pipeline" {
		id = parent
	}
	number, err := strconv.ParseUint(id, 10, 63)
	if err != nil || number == 0 {
		return line, Origin{}
	}
	return line, Origin{Server: getenv("CI_SERVER_URL"), Pipeline: number}
}
