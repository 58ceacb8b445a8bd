package job

import (
	"errors"
	"strconv"

	"gitlab.com/stemma-ci/stemma/internal/ci/release"
	"gitlab.com/stemma-ci/stemma/schema"
)

// line reads which line of releases the pipeline belongs to.
func (r *reader) line() release.Line {
	return release.LineOf(r.getenv("CI_COMMIT_TAG"), r.getenv("CI_COMMIT_BRANCH"), r.getenv("CI_DEFAULT_BRANCH"))
}

// origin reads who releases. A child pipeline has the place of its parent among the releases: a child that an older pipeline starts again
// has a new id.
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

// readOr reads a record. Something else in its place is said, and taken for no record: whoever put it there could have deleted the record
// just as well.
func readOr[T any](env Env, read func() (T, error)) (T, error) {
	record, err := read()
	var unreadable release.UnreadableError
	if errors.As(err, &unreadable) {
		var none T
		env.logf("Warning: %v. It is taken for no record, and replaced.", err)
		return none, nil
	}
	return record, err
}
