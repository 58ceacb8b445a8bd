package job

import (
	"context"
	"encoding/json"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// attempts are what is remembered of rebuilds that failed, the content of schema.LabelFailed.
type attempts struct {
	On       string    `json:"on"`
	Failures int       `json:"failures"`
	Last     time.Time `json:"last"`
}

// attemptsAt is where the failures of an image are remembered, or those of one platform of it. It is a tag of its own, since
// nothing was built that could have a label.
func attemptsAt(image oci.Reference, tag, platform string) oci.Reference {
	return besideTag(schema.PrefixFailed, image.Repository(), tag, platform)
}

// besideTag is the tag of a record about another tag of a repository, or about one platform of its image.
func besideTag(prefix string, repository oci.Repository, tag, platform string) oci.Reference {
	tag = prefix + tag
	if platform != "" {
		tag += "-" + schema.Arch(platform)
	}
	return repository.Tag(tag[:min(len(tag), maxTag)])
}

// maxTag is how long a tag may be.
const maxTag = 128

// remembered returns the failures; what is not there or cannot be read is none.
func remembered(ctx context.Context, registry *oci.Client, at oci.Reference) wave.Attempts {
	found, err := registry.Look(ctx, at, "")
	if err != nil {
		return wave.Attempts{}
	}
	var a attempts
	if json.Unmarshal([]byte(found.Labels[schema.LabelFailed]), &a) != nil {
		return wave.Attempts{}
	}
	return wave.Attempts(a)
}

// attempt is a rebuild of an image that exists.
type attempt struct {
	at     oci.Reference
	on     string
	before wave.Attempts
}

// newAttempt is a rebuild of an image, or of one platform of it, on parents with these digests.
func newAttempt(image target, platform string, parents []string) *attempt {
	return &attempt{at: attemptsAt(image.reference(), image.Tag, platform), on: wave.Fingerprint(image.Inputs, parents)}
}

// tryAgain looks up what is remembered of an image that is to be built again. Where a poke or an update check asks for what failed
// too often, the image stays as it is; a person may ask for it as often as they like.
func (b *builder) tryAgain(ctx context.Context, f facts, d decision) (decision, error) {
	if b.job.IsCanary || d.Action != buildImage || !f.Exists || f.Poked.Action != wave.Build && f.Force == "" {
		return d, nil
	}
	if err := b.resolveParents(ctx); err != nil {
		return d, err
	}
	digests := make([]string, len(b.job.Parents))
	for i, p := range b.job.Parents {
		digests[i] = p.Digest.String()
	}
	b.attempt = newAttempt(b.job.target, b.job.partPlatform(), digests)
	b.attempt.before = remembered(ctx, b.Registry, b.attempt.at)
	if refusal := b.attempt.before.Refuses(b.attempt.on, b.Now()); refusal != "" && b.byJob() && f.isUsable() {
		return decision{Action: skipImage, Reason: "it exists", Warning: refusal}, nil
	}
	return d, nil
}

// byJob reports whether a job started the pipeline, and no person. A child pipeline does not know what started its parent; an update
// check that goes on with a wave hands that down.
func (b *builder) byJob() bool {
	source := b.Getenv("CI_PIPELINE_SOURCE")
	return source == "pipeline" || !b.job.Poke.IsZero() || source == "parent_pipeline" && b.Getenv(schema.VarWave) != ""
}

// failed remembers that building the image again failed, unless the job was cancelled, or something outside failed, which says nothing
// about the image. Where remembering fails too, the log says so: the build's own error is what counts.
func (b *builder) failed(ctx context.Context, failure error) {
	if b.attempt == nil || ctx.Err() != nil || outside.Is(failure) {
		return
	}
	encoded, err := json.Marshal(attempts(b.attempt.before.Failed(b.attempt.on, b.Now().UTC())))
	if err == nil {
		err = b.Registry.Note(ctx, b.attempt.at, map[string]string{schema.LabelFailed: string(encoded)})
	}
	if err != nil {
		b.logf("Warning: this failure is not remembered: %v.", err)
	}
}
