package job

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// untestedAt is the tag of the record of an image that was pushed without a tag, since its tests failed or have not ended.
func untestedAt(j buildJob) oci.Reference {
	return recordTag(schema.PrefixUntested, j.Repository, j.Tag, j.partPlatform())
}

// recordUntested records that an image was pushed without a tag.
func (b *builder) recordUntested(ctx context.Context, digest oci.Digest) error {
	return b.Registry.Note(ctx, untestedAt(b.job), b.origin(map[string]string{schema.LabelUntested: digest.String()}))
}

// keepUntested pushes an image that failed its tests by its digest only, so that a retry can test it again and people can inspect it. If the
// push fails, it only logs that: the job ends with the error of the tests.
func (b *builder) keepUntested(ctx context.Context, image oci.Image, failure error) {
	if ctx.Err() != nil {
		return
	}
	b.failed(ctx, failure)
	digest, err := b.pushUntested(ctx, image)
	if err != nil {
		b.Log.Printf("Warning: the image that failed its tests is not kept: %v.", err)
		return
	}
	if errors.Is(failure, ErrTestsFailed) {
		b.Log.Printf("The image failed its tests, so no tag names it.")
	} else {
		b.Log.Printf("The tests of the image did not come to an end, so no tag names it.")
	}
	b.explainFailure(b.job.Repository.At(digest))
}

func (b *builder) pushUntested(ctx context.Context, image oci.Image) (oci.Digest, error) {
	image, err := image.WithoutLabel(schema.LabelTested)
	if err != nil {
		return oci.Digest{}, err
	}
	digest, err := b.Registry.Publish(ctx, b.job.Repository, image)
	if err != nil || b.job.IsCanary {
		return digest, err
	}
	return digest, b.recordUntested(ctx, digest)
}

// untested looks for an image that an earlier job pushed without a tag and that has the inputs of this job. If there is one, the decision is
// to test that image.
func (b *builder) untested(ctx context.Context, d *decision) (part, error) {
	if d.Action != buildImage || b.job.IsCanary || b.job.Suite.isEmpty() {
		return part{}, nil
	}
	record, err := b.Registry.Look(ctx, untestedAt(b.job), "")
	if oci.IsNotFound(err) {
		return part{}, nil
	}
	if err != nil {
		return part{}, err
	}
	digest, err := oci.ParseDigest(record.Labels[schema.LabelUntested])
	if err != nil {
		return part{}, nil // nobody wrote that on purpose
	}
	found, err := b.Registry.Look(ctx, b.job.Repository.At(digest), b.job.Platform)
	if oci.IsNotFound(err) {
		return part{}, nil // the registry's cleanup took it
	}
	if err != nil {
		return part{}, err
	}
	if err := b.resolveParents(ctx); err != nil {
		return part{}, err
	}
	if !b.isWhatWouldBeBuilt(found.Labels) {
		return part{}, nil
	}
	d.Action, d.Reason = retryImage, fmt.Sprintf("it was built before, as %s, and has no tag before it has passed its tests", digest)
	return part{found.Reference, found.Labels}, nil
}

// isWhatWouldBeBuilt reports whether a build would make an image with these labels. A forced rebuild always makes another image. The snippets
// of a hand-written job may read any file, so its images match only at the same commit.
func (b *builder) isWhatWouldBeBuilt(labels map[string]string) bool {
	switch {
	case b.job.Force != "" && !b.isBuiltHere(labels):
		return false
	case !b.job.IsCompiled && !b.isOfThisCommit(recordIn(labels)):
		return false
	case labels[schema.LabelInputs] != b.job.Inputs:
		return false
	}
	return slices.Equal(recordedParents(labels), b.parentLabels())
}

// retry tests an image that has no tag, and sets the tag.
func (b *builder) retry(ctx context.Context, image part, decision decision) (made, error) {
	if err := b.ensureTested(ctx, image); err != nil {
		b.failed(ctx, err)
		return made{}, err
	}
	result, err := b.name(ctx, image.at.Digest(), decision)
	if err != nil || image.hasPassed(b.job.Suite.inside) {
		return result, err
	}
	return result, b.afterwards(ctx, result)
}
