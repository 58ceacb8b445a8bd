package build

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// publish pushes a new image by its digest, and names it.
func (b *builder) publish(ctx context.Context, image oci.Image, decision decision) (made, error) {
	digest, err := b.Registry.Publish(ctx, b.job.Repository, image)
	if err != nil {
		return made{}, err
	}
	b.Log.Printf("Pushed %s.", b.job.Repository.At(digest))
	return b.name(ctx, digest, decision)
}

// name lets the tag name an image that the repository has by its digest, unless the tag stays where it is, or a later job sets it.
func (b *builder) name(ctx context.Context, digest oci.Digest, decision decision) (made, error) {
	pinned := b.job.Repository.At(digest)
	result := made{pinned, digest}
	switch {
	case b.job.IsCanary && b.job.isPart():
		return result, nil
	case b.job.IsCanary:
		b.Log.Printf("No tag names it: the canary publishes nothing.")
		return result, nil
	case b.job.Suite.Outside != "":
		b.Log.Printf("No tag names it before it has passed its other tests, in verify:%s.", b.suiteName())
		return result, b.recordUntested(ctx, digest)
	case b.job.isPart():
		return result, nil
	case decision.Untagged:
		b.Log.Printf("The tag %s stays where it is: %s does not move a tag that others use.", b.job.Tag, b.job.Keeps)
		return result, nil
	}
	result.at = b.job.Reference()
	return result, b.Registry.Tag(ctx, pinned, b.job.Tag, oci.Credentials{})
}
