package tested

import (
	"context"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Copier is a Registry that copies tags.
type Copier interface {
	Registry
	CopyTag(ctx context.Context, from oci.Reference, to oci.Repository, log io.Writer) error
}

// Copy copies to another repository what is recorded of the tests that an image, or each image of an index, has passed since it
// was pushed. The keys are those of schema.RequiredTests. What is in labels comes with the image.
func Copy(ctx context.Context, registry Copier, from oci.Reference, to oci.Repository, keys string) error {
	if keys == "" {
		return nil
	}
	parts, err := images(ctx, registry, from, "")
	if err != nil {
		return err
	}
	for _, image := range parts {
		if err := CopyOne(ctx, registry, image, to, strings.Fields(keys)); err != nil {
			return err
		}
	}
	return nil
}

// CopyOne copies the records of a single image.
func CopyOne(ctx context.Context, registry Copier, from Image, to oci.Repository, keys []string) error {
	for _, key := range keys {
		if from.HasPassed(key) {
			continue
		}
		if err := registry.CopyTag(ctx, recordAt(from.At, key), to, io.Discard); err != nil && !oci.IsNotFound(err) {
			return err
		}
	}
	return nil
}
