package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// verifyJobs run an image's outside tests, on each platform where there are several. All other tests run where the image is built.
// They are in the stage of the build jobs unless the user chose another, since builds of children need them.
func (c *compilation) verifyJobs(image *lineage.Image) []Job {
	if !hasOutsideTests(image) {
		return nil
	}
	v := variables(c.identity(image))
	outside := slices.DeleteFunc(slices.Clone(image.Tests), func(test schema.Test) bool { return !test.Outside })
	v.literal(schema.VarTests, schema.JSON(outside))
	job := Job{
		Name: verifyPrefix + image.Name, Extends: sharedName, Stage: stage(image.Stages.Test, stage(image.Stages.Build, "build")),
		Rules: c.selectRules(image), Variables: v, Script: []string{"stemma job verify"},
		Artifacts: Artifacts{JUnit: schema.JUnitFile, Always: true},
	}
	if !isIndex(image) {
		return []Job{c.verifyOnly(job, image)}
	}
	jobs := make([]Job, len(image.Platforms))
	for i, platform := range image.Platforms {
		jobs[i] = job
		jobs[i].Name = platformJob(verifyPrefix, image, platform)
		jobs[i].Tags = image.Runners.Of(platform)
		jobs[i].Needs = []Need{c.need(platformJob(buildPrefix, image, platform))}
		jobs[i].Variables = append(slices.Clone(v), Variable{Name: schema.VarDistributionPlatform, Value: string(platform)})
	}
	return jobs
}

// verifyOnly is the one verify job of an image. It sets the image's tag; that of an index is set by the job that joins its parts.
func (c *compilation) verifyOnly(job Job, image *lineage.Image) Job {
	platform := onlyPlatform(image)
	v := variables(job.Variables)
	v.add(schema.VarDistributionPlatform, string(platform))
	v.add(schema.VarSetTag, "true")
	job.Tags, job.Needs, job.Variables = image.Runners.Of(platform), []Need{c.need(buildPrefix + image.Name)}, v
	return job
}

// finished are the jobs behind which an image has passed its tests and has its tag. The first tells its digest.
func (c *compilation) finished(image *lineage.Image) []Need {
	needs := []Need{c.need(buildPrefix + image.Name)}
	if hasOutsideTests(image) && !isIndex(image) {
		needs = append(needs, c.need(verifyPrefix+image.Name))
	}
	return needs
}

// finishedPart are the jobs behind which the part of an index for one platform has passed its tests.
func (c *compilation) finishedPart(image *lineage.Image, platform definition.Platform) []Need {
	needs := []Need{c.need(platformJob(buildPrefix, image, platform))}
	if hasOutsideTests(image) {
		needs = append(needs, c.need(platformJob(verifyPrefix, image, platform)))
	}
	return needs
}

// last is the last of the jobs of finished, for jobs that need no digest.
func (c *compilation) last(image *lineage.Image) Need {
	needs := c.finished(image)
	return needs[len(needs)-1]
}
