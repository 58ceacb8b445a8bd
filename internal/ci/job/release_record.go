package job

import (
	"errors"
	"strconv"

	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/schema"
)

// line returns the line of releases that the pipeline belongs to.
func (r *reader) line() release.Line {
	return release.LineOf(r.getenv("CI_COMMIT_TAG"), r.getenv("CI_COMMIT_BRANCH"), r.getenv("CI_DEFAULT_BRANCH"))
}

// origin returns the pipeline or person that releases. A child pipeline is ordered by the id of its parent: a child that an older pipeline
// restarts has a new id.
func (r *reader) origin() release.Origin {
	id := r.getenv("CI_PIPELINE_ID")
	if parent := r.getenv(schema.VarParentPipeline); parent != "" && r.getenv("CI_PIPELINE_SOURCE") == "parent_pipeline" {
		id = parent
	}
	number, err := strconv.ParseUint(id, 10, 63)
	if err != nil || number == 0 {
		return release.Origin{}
	}
	return release.Origin{Server: r.getenv("CI_SERVER_URL"), Pipeline: number}
}

// readOr reads a record. It warns of an unreadable record and ignores it: whoever wrote it could as well have deleted the record.
func readOr[T any](env Env, read func() (T, error)) (T, error) {
	record, err := read()
	var unreadable release.UnreadableError
	if errors.As(err, &unreadable) {
		var none T
		env.logf("Warning: %v. It is ignored, and replaced.", err)
		return none, nil
	}
	return record, err
}
