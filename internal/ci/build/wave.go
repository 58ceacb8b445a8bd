package build

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// poked decides about an existing image in a pipeline that a poke started.
func (b *builder) poked(ctx context.Context, own oci.Found) (wave.Decision, error) {
	if b.job.Poke.IsZero() || jobenv.IsOnMergeRequest(b.Getenv) || len(b.job.Parents) == 0 {
		return wave.Decision{}, nil
	}
	fleet := provenance.NewFleet(b.Registry)
	return wave.Decide(ctx, fleet, b.job.Poke, fleet.Whole(ctx, own), b.Now())
}

// pinned tells why a poke changes nothing if the parent is pinned to a digest; otherwise it is empty. The name of an image in a wave consists
// of its project and its name.
func (b *builder) pinned() string {
	for _, p := range b.job.Parents {
		repository := p.Reference.Repository()
		name := strings.TrimPrefix(repository.String(), repository.Registry()+"/")
		if !b.job.Poke.IsZero() && name == b.job.Poke.By.String() && !p.Reference.Digest().IsZero() {
			return fmt.Sprintf(", and its parent %s, which poked, is pinned to %s: `stemma lock --update %s` moves a pin of stemma.lock", name, wave.Short(p.Reference.Digest().String()), b.job.Name)
		}
	}
	return ""
}

// moved returns the parents whose digests differ from those of the existing image.
func (b *builder) moved() []provenance.Move {
	recorded := provenance.Parents(b.previous)
	var moved []provenance.Move
	for _, p := range b.job.Parents {
		i := slices.IndexFunc(recorded, func(was provenance.Parent) bool {
			return was.Name == p.Name && (p.Name != "" || was.Reference == p.Reference.String())
		})
		if i >= 0 && recorded[i].Digest != p.Digest.String() {
			moved = append(moved, provenance.Move{Name: p.Name, Reference: p.Reference.String(), Before: recorded[i].Digest, After: p.Digest.String()})
		}
	}
	return moved
}

// whyOf is a reason that names the changed parents, even if the build was requested by the image's name.
func whyOf(reason string, moved []provenance.Move) string {
	for _, m := range moved {
		if !strings.Contains(reason, wave.Short(m.After)) {
			reason += fmt.Sprintf("; %s", wave.Move{Reference: m.Reference, Before: m.Before, After: m.After})
		}
	}
	return reason
}

// waveLabels returns the labels about the wave of a build: its id, the changed parents, and the dependents to poke.
func (b *builder) waveLabels(set func(label, value string), moved []provenance.Move) {
	id, err := wave.ParseID(b.Getenv(schema.VarWave))
	if err != nil || id.IsZero() {
		id = wave.Begin(b.Getenv("CI_PIPELINE_ID"))
	}
	set(schema.LabelWave, id.String())
	setJSON(set, schema.LabelMoved, moved)
	setJSON(set, schema.LabelDependents, b.job.Dependents)
}

func setJSON[T any](set func(label, value string), label string, values []T) {
	if encoded, err := json.Marshal(values); err == nil && len(values) > 0 {
		set(label, string(encoded))
	}
}

// tryAgain looks up the failed rebuilds of an existing image. If a poke or an update check requests a rebuild that failed too often, the image
// is not rebuilt. A person may request it as often as they like.
func (b *builder) tryAgain(ctx context.Context, f facts, d decision) (decision, error) {
	if b.job.IsTrialRebuild || d.Action != buildImage || !f.Exists || f.Poked.Action != wave.Build && f.Force == "" {
		return d, nil
	}
	if err := b.resolveParents(ctx); err != nil {
		return d, err
	}
	b.rebuild = record.NewRebuild(ctx, b.Registry, b.job.Target, b.job.partPlatform(), b.parentLabels())
	if refusal := b.rebuild.Refuses(b.Now()); refusal != "" && b.byJob() && f.isUsable() {
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
