package build

import (
	"context"
	"fmt"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

func (b *builder) untestedAt() oci.Reference {
	return record.Untested(b.job.Target, b.job.partPlatform())
}

// recordUntested records that an image was pushed without a tag.
func (b *builder) recordUntested(ctx context.Context, digest oci.Digest) error {
	labels := provenance.Job(b.Getenv, b.Now())
	labels[schema.LabelUntested] = digest.String()
	return b.Registry.Note(ctx, b.untestedAt(), labels)
}

// keepUntested pushes an image that failed its tests by its digest only, so that a retry can test it again and people can inspect it. If the
// push fails, it only logs that: the job ends with the error of the tests.
func (b *builder) keepUntested(ctx context.Context, image oci.Image, failure error) {
	if ctx.Err() != nil {
		return
	}
	b.rebuild.Failed(ctx, b.Log, b.Now(), failure)
	digest, err := b.pushUntested(ctx, image)
	if err != nil {
		imagetest.Quote(b.Log, failure)
		b.Log.Printf("Warning: the image that failed its tests is not kept: %v.", err)
		return
	}
	imagetest.Explain(b.Log, b.job.Target, failure, b.job.Repository.At(digest), b.Advice)
}

func (b *builder) pushUntested(ctx context.Context, image oci.Image) (oci.Digest, error) {
	image, err := image.WithoutLabel(schema.LabelTested)
	if err != nil {
		return oci.Digest{}, err
	}
	digest, err := b.push(ctx, image)
	if err != nil || b.job.IsTrialRebuild {
		return digest, err
	}
	return digest, b.recordUntested(ctx, digest)
}

// untested looks for an image that an earlier job pushed without a tag and that has the inputs of this job. If there is one, the decision is
// to test that image.
func (b *builder) untested(ctx context.Context, d *decision) (tested.Image, error) {
	if d.Action != buildImage || b.job.IsTrialRebuild || b.job.Suite.IsEmpty() {
		return tested.Image{}, nil
	}
	noted, err := b.Registry.Look(ctx, b.untestedAt(), "")
	if oci.IsNotFound(err) {
		return tested.Image{}, nil
	}
	if err != nil {
		return tested.Image{}, err
	}
	digest, err := oci.ParseDigest(noted.Labels[schema.LabelUntested])
	if err != nil {
		return tested.Image{}, nil // no job of stemma writes that
	}
	found, err := b.Registry.Look(ctx, b.job.Repository.At(digest), b.job.Platform)
	if oci.IsNotFound(err) {
		return tested.Image{}, nil // the registry deleted it
	}
	if err != nil {
		return tested.Image{}, err
	}
	if err := b.resolveParents(ctx); err != nil {
		return tested.Image{}, err
	}
	if !b.isWhatWouldBeBuilt(found.Labels) {
		return tested.Image{}, nil
	}
	d.Action, d.Reason = retryImage, fmt.Sprintf("it was built before, as %s, and has no tag before it has passed its tests", digest)
	return tested.Image{At: found.Reference, Labels: found.Labels}, nil
}

// isWhatWouldBeBuilt reports whether a build would make an image with these labels. A forced rebuild always makes another image. The snippets
// of a hand-written job may read any file, so its images match only at the same commit.
func (b *builder) isWhatWouldBeBuilt(labels map[string]string) bool {
	switch {
	case b.job.Force != "" && !b.isBuiltHere(labels):
		return false
	case !b.job.IsCompiled && !tested.RunOf(labels).IsOf(b.Getenv("CI_COMMIT_SHA")):
		return false
	case labels[schema.LabelInputs] != b.job.Inputs:
		return false
	}
	return slices.Equal(provenance.Parents(labels), b.parentLabels())
}

// retry tests an image that has no tag, and sets the tag.
func (b *builder) retry(ctx context.Context, image tested.Image, decision decision) (made, error) {
	if err := b.ensureTested(ctx, image); err != nil {
		b.rebuild.Failed(ctx, b.Log, b.Now(), err)
		return made{}, err
	}
	result, err := b.name(ctx, image.At.Digest(), decision)
	if err != nil || image.HasPassed(b.job.Suite.Inside) {
		return result, err
	}
	return result, b.afterwards(ctx, result)
}
