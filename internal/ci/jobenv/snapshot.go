package jobenv

import (
	"fmt"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// snapshot is the end that the tags of all images of a snapshot have: that of the pipeline's own time, so that a whole chain has the
// same. It is empty in any other pipeline.
func (r *Reader) snapshot() string {
	kind := r.Getenv(schema.VarSnapshot)
	end, err := SnapshotEnd(kind, time.Time{})
	if err != nil {
		r.Fail("%w", err)
	}
	if end == "" {
		return ""
	}
	made, err := time.Parse(time.RFC3339, r.Required("CI_PIPELINE_CREATED_AT", "it is the time that names the snapshot"))
	if err != nil {
		r.Fail("CI_PIPELINE_CREATED_AT is no time: %w", err)
		return ""
	}
	end, _ = SnapshotEnd(kind, made) // the kind is a good one
	return end
}

// SnapshotEnd is the end that the tags of all images of a snapshot have, by the value of schema.VarSnapshot and the time when it was
// begun.
func SnapshotEnd(kind string, begun time.Time) (string, error) {
	layouts := map[string]string{"": "", "nightly": "-20060102", "snapshot": "-20060102-150405"}
	layout, ok := layouts[kind]
	if !ok {
		return "", fmt.Errorf("%s is %q; it may be nightly or snapshot", schema.VarSnapshot, kind)
	}
	return begun.UTC().Format(layout), nil
}
