package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// The hidden jobs with what the jobs of one kind have in common.
const (
	kindTemplate = ".stemma.container-build"
	kindBuild    = ".stemma.build"
	kindVerify   = ".stemma.verify"
	kindRelease  = ".stemma.release"
	kindPoke     = ".stemma.poke"
)

// identityName is the name of the hidden job with what all jobs of an image have in common.
func identityName(image *lineage.Image) string { return ".stemma.image@" + image.Name }

func (c *compilation) identityJob(image *lineage.Image) Job {
	return Job{Name: identityName(image), Comment: describe(image), Extends: []string{sharedName}, Variables: c.identity(image)}
}

// ofPlatform is the name of the hidden job of a kind for one platform of several.
func ofPlatform(kind string, platform definition.Platform) string {
	return kind + "@" + schema.Arch(string(platform))
}

// kinds are the hidden jobs of all kinds, as an image has them that chooses nothing. Where changed files select images, each image has rules
// of its own. The jobs of child pipelines have the stages of a pipeline that declares none.
func (c *compilation) kinds() []Job {
	preset := &lineage.Image{Image: &definition.Image{Runners: c.definition.Runners}}
	if !c.inChildren {
		preset.Stages = c.definition.Stages
	}
	named := func(job Job, rules []Rule, name string) Job {
		job.Name = name
		if !c.changed {
			job.Rules = rules
		}
		return job
	}
	selected, released := c.selectRules(preset), c.releaseRules(preset)
	template := named(c.templateKind(), nil, kindTemplate)
	template.Comment = "What templates and jobs of the same kind share."
	builds := []Job{named(buildKind(preset, ""), selected, kindBuild)}
	verifies := []Job{named(c.verifyKind(preset, ""), selected, kindVerify)}
	for _, platform := range platforms(c.graph) {
		build := named(buildKind(preset, platform), selected, ofPlatform(kindBuild, platform))
		verify := named(c.verifyKind(preset, platform), selected, ofPlatform(kindVerify, platform))
		build.Extends, verify.Extends = []string{kindBuild}, []string{kindVerify}
		builds, verifies = append(builds, build), append(verifies, verify)
	}
	rest := []Job{named(c.releaseKind(preset), released, kindRelease), named(c.pokeKind(preset), released, kindPoke)}
	return slices.Concat([]Job{template}, builds, verifies, rest)
}

// platforms are those of images with several platforms, sorted.
func platforms(graph *lineage.Graph) []definition.Platform {
	var all []definition.Platform
	for _, image := range graph.Images {
		if isIndex(image) {
			all = append(all, image.Platforms...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
