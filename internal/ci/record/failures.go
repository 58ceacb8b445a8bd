package record

import (
	"context"
	"errors"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Rebuild is a rebuild of an existing image, with the record of earlier ones that failed.
type Rebuild struct {
	registry Registry
	at       oci.Reference
	on       string
	before   wave.Attempts
}

// NewRebuild reads the record of failed rebuilds of an image, or of one platform of it; a record that is missing or unreadable counts as
// none. The parents are those of the rebuild. The record has its own tag, since a failed build makes no image that could have a label.
func NewRebuild(ctx context.Context, registry Registry, image jobenv.Target, platform string, parents []provenance.Parent) *Rebuild {
	digests := make([]string, len(parents))
	for i, parent := range parents {
		digests[i] = parent.Digest
	}
	before, _ := ReadFailures(ctx, registry, image, platform) // none if the registry cannot be asked
	return &Rebuild{registry: registry, at: about(schema.PrefixFailed, image, platform), on: wave.Fingerprint(image.Inputs, digests), before: before}
}

// ReadFailures returns the record of failed rebuilds of an image, or of one platform of it; the zero Attempts if there is none. One that
// cannot be read counts as none, as for the build job.
func ReadFailures(ctx context.Context, registry Registry, image jobenv.Target, platform string) (wave.Attempts, error) {
	var failed wave.Attempts
	err := read(ctx, registry, about(schema.PrefixFailed, image, platform), schema.LabelFailed, &failed)
	var unreadable UnreadableError
	if errors.As(err, &unreadable) {
		return wave.Attempts{}, nil
	}
	return failed, err
}

// Refuses says why a poke or an update check may not request this rebuild now, since it failed too often; it is empty otherwise.
func (r *Rebuild) Refuses(now time.Time) string { return r.before.Refuses(r.on, now) }

// Failed records that the rebuild failed, unless the job was cancelled or the cause was outside, which tells nothing about the image. If it
// cannot write the record, it only logs that: the job ends with the error of the build. Nothing happens without a rebuild.
func (r *Rebuild) Failed(ctx context.Context, log output.Log, now time.Time, failure error) {
	if r == nil || ctx.Err() != nil || outside.Is(failure) {
		return
	}
	if err := write(ctx, r.registry, r.at, schema.LabelFailed, r.before.Failed(r.on, now.UTC())); err != nil {
		log.Printf("Warning: this failure is not remembered: %v.", err)
	}
}

// Untested is the tag of the record of an image that was pushed without a tag, since its tests failed or have not ended.
func Untested(image jobenv.Target, platform string) oci.Reference {
	return about(schema.PrefixUntested, image, platform)
}

// about is the tag of a record about an image, or about one platform of it.
func about(prefix string, image jobenv.Target, platform string) oci.Reference {
	text := prefix + image.Tag.String()
	if platform != "" {
		text += "-" + schema.Arch(platform)
	}
	return image.Repository.Tag(schema.TagOf(text))
}
