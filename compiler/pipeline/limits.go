package pipeline

import (
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// GitLab's limits, https://docs.gitlab.com/administration/cicd/limits/ and https://docs.gitlab.com/ci/yaml/.
const (
	maxNeeds      = 50
	maxJobName    = 255
	maxTags       = 49
	maxComponents = 100
)

// parallelName is what GitLab takes for one of several parallel jobs and draws as one,
// https://docs.gitlab.com/ci/jobs/#group-similar-jobs-together-in-pipeline-views.
var parallelName = pattern.Lazy(`[\s:]\d+[\s:/\\]+\d+\s*$`)

// checkLimits refuses what GitLab would refuse when it creates the pipeline.
func (c *compilation) checkLimits(p Pipeline) {
	for i, section := range p.Sections {
		image := c.graph.Images[i]
		for _, job := range section.Jobs {
			c.checkJob(job, image)
		}
		c.checkValues(section.Jobs, image)
		if name := buildPrefix + image.Name; parallelName().MatchString(name) {
			c.found.Errorf(diagnostic.ReservedName, image.Span, "GitLab would take the job %s for one of several parallel ones", diagnostic.Quote(name)).
				WithHint("give the image a name that does not end in two numbers").WithKey(image.Name)
		}
	}
	c.checkUpdates()
	if len(p.Components) > maxComponents {
		c.found.Errorf(diagnostic.Limit, diagnostic.Span{File: c.definition.File}, "%d images are published, but a project may have %d components", len(p.Components), maxComponents).
			WithHint("publish fewer images, or publish from several projects")
	}
}

func (c *compilation) checkJob(job Job, image *lineage.Image) {
	switch {
	case len(job.Needs) > maxNeeds:
		c.limit(image, "the job %s would need %d others, but GitLab's limit for needs is %d", job.Name, len(job.Needs), maxNeeds).
			WithHint("build from fewer images or for fewer platforms at once; each with outside tests counts twice")
	case len(job.Name) > maxJobName:
		c.limit(image, "the job name %s would have %d characters, but GitLab's limit is %d", diagnostic.Quote(job.Name), len(job.Name), maxJobName).
			WithHint("shorten the image's name")
	case len(job.Tags) > maxTags:
		c.limit(image, "the job %s would have %d runner tags, but GitLab's limit is %d", job.Name, len(job.Tags), maxTags).
			WithHint("name fewer runner tags")
	}
}

// checkValues refuses a variable that Linux would not pass to any program: every command of the job would fail with "Argument list too
// long".
func (c *compilation) checkValues(jobs []Job, image *lineage.Image) {
	reported := map[string]bool{}
	for _, job := range jobs {
		for _, v := range job.Variables {
			if len(v.Value) > maxValue && !reported[v.Name] {
				reported[v.Name] = true
				c.tooLong(image, v.Name, len(v.Value))
			}
		}
	}
}

// checkDistributions refuses distributions that are too long together for the variable of an update check.
func (c *compilation) checkDistributions() {
	if size := len(c.ownDistributions(c.recipes.Names()...)); size > maxValue {
		c.found.Errorf(diagnostic.Limit, c.definition.Distributions[0].Span, "the distributions have %d bytes together, but Linux passes at most %d to a program", size, maxValue).
			WithHint("move long scripts into the base images").WithKey("distributions")
	}
}

// checkUpdates refuses an image that fills the variable of an update check alone.
func (c *compilation) checkUpdates() {
	for _, image := range c.graph.Images {
		if !image.Updates.Scheduled() {
			continue
		}
		if size := len("[]") + jsonSize(updateTarget(image)); size > maxValue {
			c.tooLong(image, schema.VarUpdates, size)
		}
	}
}

func (c *compilation) tooLong(image *lineage.Image, variable string, size int) {
	c.limit(image, "the variable %s of %s would have %d bytes, but Linux passes at most %d to a program", variable, image.Name, size, maxValue).
		WithHint("move long snippets to files of the project")
}

func (c *compilation) limit(image *lineage.Image, format string, args ...any) *diagnostic.Diagnostic {
	return c.found.Errorf(diagnostic.Limit, image.Span, format, args...).WithKey(image.Name)
}
