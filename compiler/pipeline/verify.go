package pipeline

import (
	"cmp"
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
	outside := slices.DeleteFunc(slices.Clone(image.Tests), func(test schema.Test) bool { return !test.Outside })
	var tests variables
	tests.literal(schema.VarTests, schema.JSON(outside))
	if !isIndex(image) {
		job := c.verifyJob(image, onlyPlatform(image), kindVerify)
		job.Name, job.Needs = verifyPrefix+image.Name, []Need{c.need(buildPrefix + image.Name)}
		tests.add(schema.VarSetTag, "true") // that of an index is set by the job that joins its parts
		job.Variables = slices.Concat(job.Variables, tests)
		return []Job{job}
	}
	jobs := make([]Job, len(image.Platforms))
	for i, platform := range image.Platforms {
		job := c.verifyJob(image, platform, ofPlatform(kindVerify, platform))
		job.Name, job.Needs = platformJob(verifyPrefix, image, platform), []Need{c.need(platformJob(buildPrefix, image, platform))}
		job.Variables = slices.Concat(job.Variables, tests)
		jobs[i] = job
	}
	return jobs
}

func (c *compilation) verifyJob(image *lineage.Image, platform definition.Platform, kind string) Job {
	job := c.verifyKind(image, platform)
	job.Extends, job.Rules = []string{identityName(image), kind}, c.selectRules(image)
	job.Variables = append(c.identity(image), job.Variables...)
	return job
}

// verifyKind is what the jobs that test an image from outside have in common with those of other images.
func (c *compilation) verifyKind(image *lineage.Image, platform definition.Platform) Job {
	return Job{
		Stage: cmp.Or(image.Stages.Test, image.Stages.Build, "build"), Tags: image.Runners.Of(platform), Variables: platformOf(platform),
		Script: []string{"stemma job verify"}, Artifacts: Artifacts{JUnit: schema.JUnitFile, Always: true}, Retry: c.retry(),
	}
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
