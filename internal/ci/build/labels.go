package build

import (
	"maps"

	"gitlab.com/stemma-ci/stemma/internal/ci/provenance"
	"gitlab.com/stemma-ci/stemma/schema"
)

// labels are the labels of a new image. Every build sets all of them, so that the image inherits none from its parent.
func (b *builder) labels(reason string) map[string]string {
	j := b.job
	labels := map[string]string{}
	maps.Copy(labels, j.Labels)
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
	set(schema.LabelVersion, j.Tag.String())
	set(schema.LabelRevision, b.Getenv("CI_COMMIT_SHA"))
	setJSON(set, schema.LabelParents, b.parentLabels())
	b.waveLabels(set, moved)
	return labels
}

// isBuiltHere reports whether this very pipeline built an image with these labels. Images of a trial rebuild have no tag.
func (b *builder) isBuiltHere(labels map[string]string) bool {
	pipeline := b.Getenv("CI_PIPELINE_ID")
	return pipeline != "" && labels[schema.LabelPipelineID] == pipeline && labels[schema.LabelProject] == b.Getenv("CI_PROJECT_PATH")
}

// baseLabels are the labels of an image that begins with the parent's layers.
func (p parent) baseLabels() map[string]string {
	return map[string]string{schema.LabelBaseName: p.Reference.String(), schema.LabelBaseDigest: p.Digest.String()}
}

// ownLabels are the prefixes of labels that only a build job sets. Such labels of a Containerfile or of a parent would be wrong for the
// image.
func ownLabels() []string {
	return []string{"fdo.", "stemma.", schema.LabelBaseName, schema.LabelBaseDigest}
}
