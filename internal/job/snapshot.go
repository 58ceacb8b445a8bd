package job

import (
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// snapshot is the end that the tags of all images of a snapshot have: that of the pipeline's own time, so that a whole chain has the
// same. It is empty in any other pipeline.
func (r *reader) snapshot() string {
	layouts := map[string]string{"nightly": "-20060102", "snapshot": "-20060102-150405"}
	kind := r.getenv(schema.VarSnapshot)
	if kind == "" {
		return ""
	}
	layout, ok := layouts[kind]
	if !ok {
		r.fail("%s is %q; it may be nightly or snapshot", schema.VarSnapshot, kind)
		return ""
	}
	made, err := time.Parse(time.RFC3339, r.required("CI_PIPELINE_CREATED_AT", "it is the time that names the snapshot"))
	if err != nil {
		r.fail("CI_PIPELINE_CREATED_AT is no time: %w", err)
		return ""
	}
	return made.UTC().Format(layout)
}
