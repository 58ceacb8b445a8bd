package jobenv

import (
	"fmt"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// snapshot is the suffix of the tags of a snapshot, from the pipeline's time, so that all its images have the same. It is empty in any other
// pipeline.
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
	end, _ = SnapshotEnd(kind, made) // the kind was checked above
	return end
}

// SnapshotEnd is the suffix of the tags of a snapshot, for a value of schema.VarSnapshot and the time when the snapshot began.
func SnapshotEnd(kind string, begun time.Time) (string, error) {
	layouts := map[string]string{"": "", "nightly": "-20060102", "snapshot": "-20060102-150405"}
	layout, ok := layouts[kind]
	if !ok {
		return "", fmt.Errorf("%s is %q; it may be nightly or snapshot", schema.VarSnapshot, kind)
	}
	return begun.UTC().Format(layout), nil
}
