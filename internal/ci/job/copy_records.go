package job

import (
	"context"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// CopyTestRecords copies to another repository what is recorded of the tests that an image, or each image of an index, has passed since it
// was pushed. The keys are those of schema.RequiredTests. What is in labels comes with the image.
func CopyTestRecords(ctx context.Context, registry *oci.Client, from oci.Reference, to oci.Repository, keys string) error {
	if keys == "" {
		return nil
	}
	parts, err := Env{Registry: registry}.parts(ctx, from, "")
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := copyRecords(ctx, registry, part, to, strings.Fields(keys)); err != nil {
			return err
		}
	}
	return nil
}

func copyRecords(ctx context.Context, registry *oci.Client, from part, to oci.Repository, keys []string) error {
	for _, key := range keys {
		if from.hasPassed(key) {
			continue
		}
		if err := registry.CopyTag(ctx, testedAt(from.at, key), to, io.Discard); err != nil && !oci.IsNotFound(err) {
			return err
		}
	}
	return nil
}
