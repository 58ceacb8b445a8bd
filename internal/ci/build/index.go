package build

import (
	"context"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// index joins the images of all platforms, which earlier jobs built or found, and publishes the complete index.
func (b *builder) index(ctx context.Context) error {
	platforms, missing := make([]oci.Platform, 0, len(b.job.Platforms)), ""
	for _, name := range b.job.Platforms {
		part := b.job.Name + "@" + schema.Arch(name)
		digest, ok := jobenv.Digest(b.Getenv, part)
		if !ok {
			missing = schema.PrefixDigest + schema.DotenvSuffix(part)
			continue
		}
		platforms = append(platforms, oci.Platform{Name: name, Digest: digest})
	}
	if missing != "" {
		return fmt.Errorf("join the platforms of %s: %s is not set, so the job of that platform has no result; nothing is published", b.job.Name, missing)
	}
	existing, err := b.Registry.Look(ctx, b.job.Reference(), "")
	if err != nil && !oci.IsNotFound(err) {
		return err
	}
	if err == nil && isComplete(existing, platforms) && !b.job.IsTrialRebuild {
		b.Log.Printf("Reuse %s: it has these images for all platforms.", b.job.Reference())
		result := made{b.job.Reference(), existing.Digest}
		b.summarize(ctx, facts{}, decision{Action: skipImage, Reason: "it has these images for all platforms"}, result)
		return b.dotenv(result.at, result.digest)
	}
	if err := b.requireTestedParts(ctx, platforms); err != nil {
		return err
	}
	digest, err := b.Registry.PublishIndex(ctx, b.job.Repository, platforms)
	if err != nil {
		return err
	}
	b.Log.Printf("Pushed %s for %d platforms.", b.job.Repository.At(digest), len(platforms))
	untagged := b.job.IsTrialRebuild || !existing.Digest.IsZero() && b.job.KeepsExisting()
	if !untagged {
		if err := b.Registry.Tag(ctx, b.job.Repository.At(digest), b.job.Tag, oci.Credentials{}); err != nil {
			return err
		}
	}
	result := made{b.named(digest, untagged), digest}
	b.summarize(ctx, facts{}, decision{Action: buildImage, Reason: fmt.Sprintf("it joins the images of %d platforms", len(platforms))}, result)
	return b.dotenv(result.at, result.digest)
}

// requireTestedParts fails if an image of the index has not passed its tests.
func (b *builder) requireTestedParts(ctx context.Context, platforms []oci.Platform) error {
	for _, platform := range platforms {
		name := b.job.Name + "@" + schema.Arch(platform.Name)
		err := tested.Require(ctx, b.Registry, tested.Requirement{Name: name, Image: b.job.Repository.At(platform.Digest), Keys: b.job.Suite.Keys()})
		if err != nil {
			return fmt.Errorf("join the platforms of %s: %w", b.job.Name, err)
		}
	}
	return nil
}

// isComplete reports whether an index has exactly the images of the platforms.
func isComplete(existing oci.Found, platforms []oci.Platform) bool {
	if len(existing.Platforms) != len(platforms) {
		return false
	}
	for _, platform := range platforms {
		if existing.Platforms[platform.Name] != platform.Digest {
			return false
		}
	}
	return true
}
