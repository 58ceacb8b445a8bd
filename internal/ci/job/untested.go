package job

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// untestedAt is where it is recorded which image was pushed and has no tag, because its tests failed or are not over.
func untestedAt(j buildJob) oci.Reference {
	return besideTag(schema.PrefixUntested, j.Repository, j.Tag, j.partPlatform())
}

// recordUntested writes down that an image was pushed and has no tag.
func (b *builder) recordUntested(ctx context.Context, digest oci.Digest) error {
	return b.Registry.Note(ctx, untestedAt(b.job), b.origin(map[string]string{schema.LabelUntested: digest.String()}))
}

// keepUntested pushes an image that failed its tests by its digest alone, so that a retry can test it again and people can look into it.
// Where that fails the log says so: the tests' own error is what counts.
func (b *builder) keepUntested(ctx context.Context, image oci.Image, failure error) {
	if ctx.Err() != nil {
		return
	}
	b.failed(ctx, failure)
	digest, err := b.pushUntested(ctx, image)
	if err != nil {
		b.logf("Warning: the image that failed its tests is not kept: %v.", err)
		return
	}
	if errors.Is(failure, ErrTestsFailed) {
		b.logf("The image failed its tests, so no tag names it.")
	} else {
		b.logf("The tests of the image did not come to an end, so no tag names it.")
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

// untested looks for an image that an earlier job pushed without a tag and that is what this job would build. If there is one, the decision
// becomes to test that one.
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

// isWhatWouldBeBuilt reports whether a build would make an image with these labels again. A forced rebuild is there to make another one. What
// the snippets of a job written by hand read is known for the same commit alone.
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

// retry tests an image that has no tag, and names it.
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
