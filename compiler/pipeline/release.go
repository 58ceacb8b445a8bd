package pipeline

import (
	"cmp"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// releaseJob returns the job that moves released tags to the tested digest. It is never interrupted.
func (c *compilation) releaseJob(image *lineage.Image) Job {
	v := variables(append(c.identity(image), withoutCheckout))
	v.literal(schema.VarRelease, schema.JSON(image.ReleaseTargets()))
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
		Stage: cmp.Or(image.Stages.Deploy, "deploy"), Tags: image.Runners.Of(""),
		Variables: []Variable{withoutCheckout}, Script: []string{"stemma job release"},
		Artifacts: Artifacts{Paths: []string{schema.ReleaseFile}}, Interruptible: Off, Retry: c.retry(),
	}
}

// isReleased reports whether the default branch releases the image.
func isReleased(image *lineage.Image) bool { return image.Release == nil || len(image.Release) > 0 }

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
