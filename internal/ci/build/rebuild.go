package build

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/schema"
)

// tryAgain looks up the failed rebuilds of an existing image. If a poke or an update check requests a rebuild that failed too often, the image
// is not rebuilt. A person may request it as often as they like.
func (b *builder) tryAgain(ctx context.Context, f facts, d decision) (decision, error) {
	if b.job.IsCanary || d.Action != buildImage || !f.Exists || f.Poked.Action != wave.Build && f.Force == "" {
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
