package pipeline

import (
	"cmp"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

const pokePrefix = "poke:"

// pokeJob returns the job that pokes the dependents of an image, once it is tested and released.
func (c *compilation) pokeJob(image *lineage.Image) Job {
	v := variables(append(c.identity(image), withoutCheckout))
	v.literal(schema.VarDependents, schema.JSON(image.Dependents))
	v.add(schema.VarRequiredTests, requiredTests(image))
	job := c.pokeKind(image)
	job.Name, job.Extends = pokePrefix+image.Name, []string{identityName(image), kindPoke}
	job.Rules, job.Needs, job.Variables = c.pokeRules(image), c.finished(image), v
	if isReleased(image) {
		job.Needs = append(job.Needs, Need{Job: releasePrefix + image.Name, Optional: true})
	}
	job.Inherit = inheritedWith(tokens(image))
	return job
}

// pokeKind is what the jobs that poke other projects about images have in common.
func (c *compilation) pokeKind(image *lineage.Image) Job {
	return Job{
		Stage: cmp.Or(image.Stages.Deploy, "deploy"), Tags: image.Runners.Of(""),
		Variables: []Variable{withoutCheckout}, Script: []string{"stemma job poke"},
		Artifacts: Artifacts{Annotations: schema.AnnotationsFile, Always: true}, Interruptible: Off, Retry: c.retry(),
	}
}

// tokens returns the names of the variables with trigger tokens.
func tokens(image *lineage.Image) []string {
	var names []string
	for _, d := range image.Dependents {
		if d.Token != "" && !slices.Contains(names, d.Token) {
			names = append(names, d.Token)
		}
	}
	return names
}

// pokeRules are the rules of the release, since dependents build on released images. Dependents find an image that is not released under
// its own tag.
func (c *compilation) pokeRules(image *lineage.Image) []Rule {
	if isReleased(image) {
		return c.releaseRules(image)
	}
	return append([]Rule{{If: isWhole, When: Never}}, c.protectedRules(image)...)
}
