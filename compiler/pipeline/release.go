package pipeline

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// verifyJobs test the image inside itself, on each platform where there are several.
func (c *compilation) verifyJobs(image *lineage.Image) []Job {
	if len(image.Tests) == 0 && image.Checks == (schema.Checks{}) {
		return nil
	}
	tests := make([]schema.Test, len(image.Tests))
	for i, test := range image.Tests {
		tests[i] = schema.Test(test)
	}
	v := variables(c.identity(image))
	if !slices.ContainsFunc(image.Tests, func(test definition.Test) bool { return test.Outside || test.Checkout }) {
		v = append(v, withoutCheckout)
	}
	if len(tests) > 0 {
		v.literal(schema.VarTests, jsonText(tests))
	}
	if image.Checks != (schema.Checks{}) {
		v.add(schema.VarChecks, jsonText(image.Checks))
	}
	job := Job{
		Name: verifyPrefix + image.Name, Extends: sharedName, Stage: stage(image.Stages.Test, "test"), Rules: c.selectRules(image), Tags: image.Runners.Of(""),
		Needs: []Need{c.need(buildPrefix + image.Name)}, Variables: v, Script: []string{"stemma job verify"},
		Artifacts: Artifacts{JUnit: schema.JUnitFile, Always: true},
	}
	if len(image.Platforms) == 0 {
		return []Job{job}
	}
	jobs := make([]Job, len(image.Platforms))
	for i, platform := range image.Platforms {
		jobs[i] = job
		if isIndex(image) {
			jobs[i].Name = platformJob(verifyPrefix, image, platform)
		}
		jobs[i].Tags = image.Runners.Of(platform)
		jobs[i].Variables = append(slices.Clone(v), Variable{Name: schema.VarDistributionPlatform, Value: string(platform)})
	}
	return jobs
}

// releaseJob moves released tags to exactly what was tested. It is never interrupted.
func (c *compilation) releaseJob(image *lineage.Image) Job {
	v := variables(append(c.identity(image), withoutCheckout))
	v.literal(schema.VarRelease, jsonText(targets(image)))
	job := Job{
		Name: releasePrefix + image.Name, Extends: sharedName, Stage: stage(image.Stages.Deploy, "deploy"), Rules: c.releaseRules(image), Tags: image.Runners.Of(""),
		Needs: []Need{c.need(buildPrefix + image.Name)}, Variables: v, Script: []string{"stemma job release"},
		ResourceGroup: "stemma/release/" + image.Name,
		Artifacts: Artifacts{Paths: []string{schema.ReleaseFile}}, Interruptible: Off,
	}
	for _, verify := range c.verifyJobs(image) {
		job.Needs = append(job.Needs, c.need(verify.Name))
	}
	job.Inherit = inheritedBeside(credentials(image))
	return job
}

// isReleased reports whether the image goes anywhere from the default branch.
func (c *compilation) isReleased(image *lineage.Image) bool {
	return image.Release == nil || len(image.Release) > 0
}

// targets are the places that an image is released to: without any, the moving tag beside its own.
func targets(image *lineage.Image) []schema.ReleaseTarget {
	if image.Release == nil {
		return []schema.ReleaseTarget{{Tags: []string{definition.Latest.String()}}}
	}
	out := make([]schema.ReleaseTarget, len(image.Release))
	for i, release := range image.Release {
		out[i] = schema.ReleaseTarget{Repository: release.Repository, Username: release.Username, Password: release.Password}
		for _, tag := range release.Tags {
			out[i].Tags = append(out[i].Tags, tag.Of(image.Tag).String())
		}
	}
	return out
}

// credentials are the names of the variables that hold the users and passwords of release targets.
func credentials(image *lineage.Image) []string {
	var names []string
	for _, release := range image.Release {
		if release.Username != "" {
			names = append(names, release.Username, release.Password)
		}
	}
	return names
}
