package job

import (
	"context"
	"encoding/json"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// attempts is the record of failed rebuilds, the content of schema.LabelFailed.
type attempts struct {
	On       string    `json:"on"`
	Failures int       `json:"failures"`
	Last     time.Time `json:"last"`
}

// attemptsAt is the tag of the record of failures of an image, or of one platform of it. It has its own tag, since a failed build makes no
// image that could have a label.
func attemptsAt(image oci.Reference, tag, platform string) oci.Reference {
	return recordTag(schema.PrefixFailed, image.Repository(), tag, platform)
}

// recordTag is the tag of a record about another tag of a repository, or about one platform of its image.
func recordTag(prefix string, repository oci.Repository, tag, platform string) oci.Reference {
	tag = prefix + tag
	if platform != "" {
		tag += "-" + schema.Arch(platform)
	}
	return repository.Tag(tag[:min(len(tag), jobenv.MaxTag)])
}

// remembered returns the failures; none if the record is missing or unreadable.
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

// attempt is a rebuild of an existing image.
type attempt struct {
	at     oci.Reference
	on     string
	before wave.Attempts
}

// newAttempt is a rebuild of an image, or of one platform of it, on parents with these digests.
func newAttempt(image jobenv.Target, platform string, parents []string) *attempt {
	return &attempt{at: attemptsAt(image.Reference(), image.Tag, platform), on: wave.Fingerprint(image.Inputs, parents)}
}

// tryAgain looks up the failures of an image to rebuild. If a poke or an update check requests a rebuild that failed too often, the image is
// not rebuilt. A person may request it as often as they like.
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
	b.attempt = newAttempt(b.job.Target, b.job.partPlatform(), digests)
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

// failed records a failed rebuild, unless the job was cancelled or the cause was outside, which tells nothing about the image. If it cannot
// write the record, it only logs that: the job ends with the error of the build.
func (b *builder) failed(ctx context.Context, failure error) {
	if b.attempt == nil || ctx.Err() != nil || outside.Is(failure) {
		return
	}
	encoded, err := json.Marshal(attempts(b.attempt.before.Failed(b.attempt.on, b.Now().UTC())))
	if err == nil {
		err = b.Registry.Note(ctx, b.attempt.at, map[string]string{schema.LabelFailed: string(encoded)})
	}
	if err != nil {
		b.Log.Printf("Warning: this failure is not remembered: %v.", err)
	}
}
