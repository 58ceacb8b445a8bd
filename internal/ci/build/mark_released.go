package build

import (
	"context"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// markReleased records that other projects may use the image by its content tag, so that prune keeps it: one request where that is
// recorded already.
func (b *builder) markReleased(ctx context.Context) error {
	if !b.job.isForOthers() {
		return nil
	}
	record := b.job.Repository.Tag(schema.PrefixReleased + b.job.Tag)
	_, err := b.Registry.Resolve(ctx, record)
	if oci.IsNotFound(err) {
		err = b.Registry.Note(ctx, record, map[string]string{schema.LabelInputs: b.job.Inputs})
	}
	if err != nil {
		return fmt.Errorf("record that other projects may use %s: %w", b.job.Reference(), err)
	}
	return nil
}

// releases reports whether a pipeline is one that releases: of the protected default branch, or of a protected git tag.
// https://docs.gitlab.com/ci/variables/predefined_variables/ has the variables.
func releases(getenv func(string) string) bool {
	branch := getenv("CI_COMMIT_BRANCH")
	return getenv("CI_COMMIT_REF_PROTECTED") == "true" && (getenv("CI_COMMIT_TAG") != "" || branch != "" && branch == getenv("CI_DEFAULT_BRANCH"))
}

// isForOthers reports whether projects elsewhere may use what this pipeline leaves under the tag.
func (j buildJob) isForOthers() bool {
	return j.IsReleasing && (j.IsPublished || len(j.Dependents) > 0) && j.IsContentTag() && !j.isPart() && !j.IsCanary && j.Snapshot == ""
}
