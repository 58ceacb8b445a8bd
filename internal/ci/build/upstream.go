package build

import (
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// upstream is another project that may have the image.
type upstream struct {
	// Prefix is the registry path of the project, and Repository the image's repository there.
	Prefix     string
	Repository oci.Repository
}

// upstreams reads the projects that may have the image already. Registry paths of projects are in lower case.
func (r reader) upstreams(j *buildJob) {
	registry, own := r.Getenv("CI_REGISTRY"), strings.ToLower(r.Getenv("CI_REGISTRY_IMAGE"))
	if registry == "" || own == "" {
		return
	}
	at := strings.ToLower(r.Getenv(schema.VarRegistryImage))
	j.LeaveUpstream = at != "" && at != own && !j.isPart() && !j.isIndex()
	for _, project := range r.List(schema.VarUpstreamRepo) {
		project = strings.ToLower(project)
		if project == strings.ToLower(r.Getenv("CI_PROJECT_PATH")) {
			continue
		}
		prefix := registry + "/" + project
		repository, err := oci.ParseRepository(prefix + strings.TrimPrefix(j.Repository.String(), own))
		if err != nil {
			r.Fail("%s names %q: %w", schema.VarUpstreamRepo, project, err)
			continue
		}
		j.Upstreams = append(j.Upstreams, upstream{prefix, repository})
	}
}

// projectOf is the registry path of the project that a repository of the image belongs to: its own or an upstream one.
func (j buildJob) projectOf(repository oci.Repository) string {
	for _, u := range j.Upstreams {
		if u.Repository == repository {
			return u.Prefix
		}
	}
	return strings.TrimSuffix(j.Repository.String(), "/"+j.Suffix)
}

// findUpstream returns the image of the first upstream project that has it; the zero Reference if none has. It skips a project that is
// private or whose registry fails. Tagged is the digest of the tag in this project, and own are the facts about the job's image, or about one
// platform of it.
func (b *builder) findUpstream(ctx context.Context, tagged oci.Digest, own facts) oci.Reference {
	for _, u := range b.job.Upstreams {
		ref := u.Repository.Tag(b.job.Tag)
		digest, err := b.Registry.Resolve(ctx, ref)
		switch {
		case oci.IsNotFound(err):
			continue
		case err == nil && digest == tagged:
			return u.Repository.At(own.Digest)
		case err == nil:
			digest, err = b.trusted(ctx, ref, digest, own)
		}
		if err != nil {
			b.Log.Printf("Warning: %v; the upstream project is left out.", err)
			continue
		}
		if !digest.IsZero() {
			return u.Repository.At(digest)
		}
	}
	return oci.Reference{}
}

// trusted returns the tagged image of an upstream project if the job may use it; otherwise zero. An image under a content tag must have
// the inputs that the tag promises. Any image may have a tag written by hand, unless refusal rejects it.
func (b *builder) trusted(ctx context.Context, ref oci.Reference, digest oci.Digest, own facts) (oci.Digest, error) {
	if !b.job.IsContentTag() && !b.job.isPart() && !b.job.IsCompiled {
		return digest, nil
	}
	found, err := b.Registry.Look(ctx, ref.Repository().At(digest), b.job.Platform)
	if err != nil {
		return oci.Digest{}, err
	}
	if b.job.isPart() {
		if digest = found.Platforms[b.job.Platform]; digest.IsZero() {
			return digest, nil
		}
	}
	if b.job.IsContentTag() && found.Labels[schema.LabelInputs] != b.job.Inputs {
		b.Log.Printf("Warning: the image %s of the upstream project is not the one that its tag promises; it is not copied.", ref)
		return oci.Digest{}, nil
	}
	if reason := b.refusal(found.Labels, own); reason != "" {
		b.Log.Printf("Ignore the upstream project's image %s: %s.", ref, reason)
		return oci.Digest{}, nil
	}
	return digest, nil
}

// refusal says why the job does not use an upstream project's image with a tag written by hand; it is empty if the job uses it. Otherwise
// a fork that changes a parent would copy the image in one pipeline and build it in the next.
func (b *builder) refusal(labels map[string]string, own facts) string {
	if !b.job.IsCompiled || labels[schema.LabelInputs] == b.job.Inputs {
		return ""
	}
	if own.Exists && own.Labels[schema.LabelInputs] == b.job.Inputs {
		return "the image in this project is made of the job's inputs, and that one is not"
	}
	if parent := b.rebuiltParent(labels); parent != "" {
		return "its parent " + parent + " has another digest in this pipeline"
	}
	return ""
}

// use uses the image of an upstream project in place, once it has passed its tests.
func (b *builder) use(ctx context.Context, upstream oci.Reference) (made, error) {
	result := made{upstream.Repository().Tag(b.job.Tag), upstream.Digest()}
	if b.job.Suite.IsEmpty() {
		return result, nil
	}
	found, err := b.Registry.Look(ctx, upstream, b.job.Platform)
	if err != nil {
		return made{}, err
	}
	return result, b.ensureTested(ctx, tested.Image{At: upstream, Labels: found.Labels})
}

// copy copies the image of an upstream project with the records of its tests, and sets the tag once it has passed its tests.
func (b *builder) copy(ctx context.Context, from oci.Reference, decision decision) (made, error) {
	b.Log.Begin("push", fmt.Sprintf("Copy %s to %s", from, b.job.Repository))
	err := b.Registry.Copy(ctx, from, b.job.Repository, oci.Credentials{}, b.Log)
	b.Log.End(err)
	if err != nil {
		return made{}, err
	}
	if err := b.testCopy(ctx, from); err != nil {
		return made{}, err
	}
	return b.name(ctx, from.Digest(), decision)
}

// testCopy tests an image that was copied, unless it passed the same tests where it comes from.
func (b *builder) testCopy(ctx context.Context, from oci.Reference) error {
	if b.job.Suite.IsEmpty() {
		return nil
	}
	found, err := b.Registry.Look(ctx, b.job.Repository.At(from.Digest()), b.job.Platform)
	if err != nil {
		return err
	}
	image := tested.Image{At: found.Reference, Labels: found.Labels}
	if err := tested.CopyOne(ctx, b.Registry, tested.Image{At: from, Labels: found.Labels}, b.job.Repository, b.job.Suite.Keys()); err != nil {
		return err
	}
	return b.ensureTested(ctx, image)
}
