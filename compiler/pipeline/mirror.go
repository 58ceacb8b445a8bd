package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/schema"
)

// mirrorJobs copy images from outside, on a schedule and where the lock or the list of them changed.
func (c *compilation) mirrorJobs() []Job {
	copies := make([]schema.Mirror, len(c.graph.Mirrors))
	for i, mirror := range c.graph.Mirrors {
		copies[i] = schema.Mirror{From: pinned(mirror.From.String(), mirror.Digest), Repository: mirror.Repository, Tag: mirror.Tag.String()}
	}
	custom := ""
	if len(c.graph.Images) > 0 {
		custom = c.graph.Images[0].Stages.Build
	}
	parts := shares(copies, jsonSize, len(copies))
	jobs := make([]Job, len(parts))
	for i, part := range parts {
		v := variables{withoutCheckout}
		v.literal(schema.VarMirrors, schema.JSON(part))
		jobs[i] = Job{
			Name: shareName("mirror-images", i, len(parts)), Extends: []string{sharedName}, Tags: c.definition.Runners.Of(""), Stage: cmp.Or(custom, "build"),
			Variables: v, Script: []string{"stemma job mirror"}, Retry: c.retry(), Interruptible: Off,
			Rules: []Rule{
				{If: condition.All(onSchedule, onProtected)},
				{If: condition.All(fromPush, onDefaultBranch, onProtected), Changes: slices.Compact([]string{c.definition.File, c.declaration(c.definition.File), lock.File})},
			},
		}
	}
	if len(jobs) > 0 {
		jobs[0].Comment = "On a schedule, and where the lock changed: copy images from outside to the project's registry."
	}
	return jobs
}

// mirrored are those of an image's parents that the project has copies of, as schema.VarMirrored says.
func (c *compilation) mirrored(image *lineage.Image) string {
	var entries []string
	add := func(reference string) {
		name, _, _ := strings.Cut(reference, "@")
		for _, mirror := range c.graph.Mirrors {
			if from, _, _ := strings.Cut(mirror.From.String(), "@"); from == name {
				entries = append(entries, reference+"="+ownRepository(mirror.Repository)+":"+mirror.Tag.String())
				return
			}
		}
	}
	for _, parent := range image.Parents {
		if !parent.Outside.IsZero() {
			add(c.reference(parent))
		}
	}
	if _, hasBase := image.Base(); !hasBase && !image.Containerfile.Present() {
		if recipe, ok := c.recipes.Recipe(image.Distribution); ok {
			add(recipe.BaseImage(recipe.ImageVersion(image.Version)))
		}
	}
	slices.Sort(entries)
	return strings.Join(slices.Compact(entries), ",")
}
