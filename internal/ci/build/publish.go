package build

import (
	"context"
	"fmt"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
	"gitlab.com/stemma-ci/stemma/schema"
)

// publish pushes a new image by its digest, and names it.
func (b *builder) publish(ctx context.Context, image oci.Image, decision decision) (made, error) {
	digest, err := b.push(ctx, image)
	if err != nil {
		return made{}, err
	}
	b.Log.Printf("Pushed %s.", b.job.Repository.At(digest))
	return b.name(ctx, digest, decision)
}

// push pushes an image by its digest.
func (b *builder) push(ctx context.Context, image oci.Image) (oci.Digest, error) {
	b.Log.Begin("push", "Push to "+b.job.Repository.String())
	digest, err := b.Registry.Publish(ctx, b.job.Repository, image)
	b.Log.End(err)
	return digest, err
}

// name sets the tag to an image that the repository has by its digest, unless the job keeps the tag, or a later job sets it.
func (b *builder) name(ctx context.Context, digest oci.Digest, decision decision) (made, error) {
	pinned := b.job.Repository.At(digest)
	result := made{pinned, digest}
	switch {
	case b.job.IsTrialRebuild && b.job.isPart():
		return result, nil
	case b.job.IsTrialRebuild:
		b.Log.Printf("No tag names it: a trial rebuild publishes nothing.")
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

// dotenv writes two variables that tell later jobs where the image is, and the registry path if the templates of ci-templates ask for it.
func (b *builder) dotenv(at oci.Reference, digest oci.Digest) error {
	name := schema.DotenvSuffix(b.job.PlatformName(b.job.isPart()))
	content := fmt.Sprintf("%s%s=%s\n%s%s=%s\n", schema.PrefixRef, name, at, schema.PrefixDigest, name, digest)
	if b.Getenv(schema.VarFoundRegistryImage) != "" {
		content += schema.VarFoundRegistryImage + "=" + b.job.projectOf(at.Repository()) + "\n"
	}
	return b.Dir.Write(schema.DotenvFile, []byte(content))
}

// named is the reference by which others find the image: its tag, or its digest if it has no tag.
func (b *builder) named(digest oci.Digest, untagged bool) oci.Reference {
	if untagged || b.job.isPart() {
		return b.job.Repository.At(digest)
	}
	return b.job.Reference()
}

// markReleased records that other projects may use the image by its content tag, so that prune keeps it. It sends one request if the record
// exists.
func (b *builder) markReleased(ctx context.Context) error {
	if !b.job.isForOthers() {
		return nil
	}
	record := b.job.Repository.Tag(schema.TagOf(schema.PrefixReleased + b.job.Tag.String()))
	_, err := b.Registry.Resolve(ctx, record)
	if oci.IsNotFound(err) {
		err = b.Registry.Note(ctx, record, map[string]string{schema.LabelInputs: b.job.Inputs})
	}
	if err != nil {
		return fmt.Errorf("record that other projects may use %s: %w", b.job.Reference(), err)
	}
	return nil
}

// releases reports whether a pipeline releases images: on the protected default branch, or on a protected git tag. See
// https://docs.gitlab.com/ci/variables/predefined_variables/.
func releases(getenv func(string) string) bool {
	branch := getenv("CI_COMMIT_BRANCH")
	return getenv("CI_COMMIT_REF_PROTECTED") == "true" && (getenv("CI_COMMIT_TAG") != "" || branch != "" && branch == getenv("CI_DEFAULT_BRANCH"))
}

// isForOthers reports whether other projects may use the image of this pipeline by its tag.
func (j buildJob) isForOthers() bool {
	return j.IsReleasing && (j.IsPublished || len(j.Dependents) > 0) && j.IsContentTag() && !j.isPart() && !j.IsTrialRebuild && j.Snapshot == ""
}

// afterwards runs the job's snippet for a published image, in the project's folder. If the runner makes no checkout, that folder may have
// files of another job, so the snippet runs in a clone.
func (b *builder) afterwards(ctx context.Context, image made) (err error) {
	if b.job.PostExec == "" || b.job.IsTrialRebuild {
		return nil
	}
	b.Log.Begin("after", "Run the snippet after the build")
	defer func() { b.Log.End(err) }()
	strategy := b.Getenv("GIT_STRATEGY")
	if strategy != "none" && strategy != "empty" {
		return b.PostExec(ctx, b.job.PostExec, image.at.String(), string(b.Dir))
	}
	work, err := scratch.New("snippet")
	if err != nil {
		return err
	}
	defer work.Close()
	folder := filepath.Join(work.Path, "project")
	if err := b.cloneProject(ctx, folder, "the snippet after the build"); err != nil {
		return err
	}
	return b.PostExec(ctx, b.job.PostExec, image.at.String(), folder)
}
