package build

import (
	"maps"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/schema"
)

// labels are what an image says of itself. All are set on every build, so that none is a parent's.
func (b *builder) labels(reason string) map[string]string {
	j := b.job
	labels := maps.Clone(j.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	set := func(label, value string) {
		if value != "" {
			labels[label] = value
		}
	}
	maps.Copy(labels, provenance.Job(b.Getenv, b.Now()))
	set(schema.LabelUpstreamRepo, b.Getenv(schema.VarUpstreamRepo))
	set(schema.LabelExpiresAfter, b.Getenv(schema.VarExpiresAfter))
	set(schema.LabelInputs, j.Inputs)
	set(schema.LabelImage, j.Name)
	moved := b.moved()
	set(schema.LabelReason, whyOf(reason, moved))
	set(schema.LabelSource, b.Getenv("CI_PROJECT_URL"))
	set(schema.LabelVersion, j.Tag)
	set(schema.LabelRevision, b.Getenv("CI_COMMIT_SHA"))
	setJSON(set, schema.LabelParents, b.parentLabels())
	b.waveLabels(set, moved)
	return labels
}

// isBuiltHere reports whether this very pipeline built an image with these labels. The images of a trial rebuild have no tag to be found by.
func (b *builder) isBuiltHere(labels map[string]string) bool {
	pipeline := b.Getenv("CI_PIPELINE_ID")
	return pipeline != "" && labels[schema.LabelPipelineID] == pipeline && labels[schema.LabelProject] == b.Getenv("CI_PROJECT_PATH")
}

// baseLabels are those of an image that begins with a parent's layers.
func (p parent) baseLabels() map[string]string {
	return map[string]string{schema.LabelBaseName: p.Reference.String(), schema.LabelBaseDigest: p.Digest.String()}
}

// ownLabels begin the labels that nothing but a build job sets: a Containerfile's, or those of a parent that no variable
// names, would say what is not so.
func ownLabels() []string {
	return []string{"fdo.", "stemma.", schema.LabelBaseName, schema.LabelBaseDigest}
}
