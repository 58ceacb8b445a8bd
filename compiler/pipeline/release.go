package pipeline

import (
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// releaseJob returns the job that moves released tags to the tested digest. It is never interrupted.
func (c *compilation) releaseJob(image *lineage.Image) Job {
	v := variables(append(c.identity(image), withoutCheckout))
	v.literal(schema.VarRelease, schema.JSON(targets(image)))
	v.add(schema.VarRequiredTests, requiredTests(image))
	job := c.releaseKind(image)
	job.Name, job.Extends = releasePrefix+image.Name, []string{identityName(image), kindRelease}
	job.Rules, job.Needs, job.Variables = c.releaseRules(image), c.finished(image), v
	job.ResourceGroup = "stemma/release/" + image.Name
	job.Inherit = inheritedWith(credentials(image))
	return job
}

// releaseKind is what the jobs that release images have in common.
func (c *compilation) releaseKind(image *lineage.Image) Job {
	return Job{
		Stage: stage(image.Stages.Deploy, "deploy"), Tags: image.Runners.Of(""),
		Variables: []Variable{withoutCheckout}, Script: []string{"stemma job release"},
		Artifacts: Artifacts{Paths: []string{schema.ReleaseFile}}, Interruptible: Off, Retry: c.retry(),
	}
}

// isReleased reports whether the default branch releases the image.
func (c *compilation) isReleased(image *lineage.Image) bool {
	return image.Release == nil || len(image.Release) > 0
}

// targets returns the places that an image is released to: by default the moving tag in its own repository.
func targets(image *lineage.Image) []schema.ReleaseTarget {
	if image.Release == nil {
		return []schema.ReleaseTarget{{Tags: []string{schema.Latest.String()}}}
	}
	out := make([]schema.ReleaseTarget, len(image.Release))
	for i, release := range image.Release {
		out[i] = schema.ReleaseTarget{Repository: release.Repository.Value, Username: release.Username, Password: release.Password, Repositories: release.Repositories}
		for _, tag := range release.Tags {
			out[i].Tags = append(out[i].Tags, tag.Of(image.Tag).String())
		}
	}
	return out
}

// credentials returns the names of the variables with the users and passwords of release targets.
func credentials(image *lineage.Image) []string {
	var names []string
	for _, release := range image.Release {
		if release.Username != "" {
			names = append(names, release.Username, release.Password)
		}
	}
	return names
}
