package pipeline

import (
	"cmp"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// buildTemplate returns the template that builds an image. Jobs may extend it.
func (c *compilation) buildTemplate(image *lineage.Image) Job {
	job := c.templateKind()
	job.Name, job.Extends = templatePrefix+image.Name, []string{identityName(image), kindTemplate}
	job.Inherit = inheritedWith(secretVariables(image))
	job.Variables = c.buildVariables(image)
	job.Artifacts, job.Timeout = buildArtifacts(image), buildTimeout(image)
	return job
}

func (c *compilation) templateKind() Job {
	return Job{Script: []string{"stemma job build"}, Artifacts: Artifacts{Dotenv: schema.DotenvFile}, Retry: c.retry()}
}

func secretVariables(image *lineage.Image) []string {
	names := make([]string, len(image.Secrets))
	for i, secret := range image.Secrets {
		names[i] = secret.Variable
	}
	return names
}

// describe lists the parents of an image, and its inputs with the beginnings of their hashes, so that a review shows which of them changed
// the tag.
func describe(image *lineage.Image) string {
	inputs := make([]string, len(image.Ingredients))
	for i, ingredient := range image.Ingredients {
		inputs[i] = ingredient.Name + " " + ingredient.Short()
	}
	return image.Name + ": " + origin(image, lineage.Parent.String) + "\nMade of: " + strings.Join(inputs, ", ")
}

// origin is what an image is built on; named names its base.
func origin(image *lineage.Image, named func(lineage.Parent) string) string {
	switch base, ok := image.Base(); {
	case ok:
		return "on " + named(base)
	case image.Containerfile.Present():
		return "from " + image.Containerfile.Value
	default:
		return strings.TrimSpace(image.Distribution + " " + image.Version)
	}
}

// buildJobs returns the job that completes the image, build:<image>, with its play button if it has one. For several platforms there is a
// job for each, and build:<image> joins their tested results.
func (c *compilation) buildJobs(image *lineage.Image) []Job {
	jobs := c.startJobs(image)
	complete := buildKind(image, "")
	complete.Name, complete.Rules, complete.ResourceGroup = buildPrefix+image.Name, c.buildRules(image), oneAtATime(image, "")
	complete.Extends = []string{templatePrefix + image.Name, kindBuild}
	if !isIndex(image) {
		complete.Needs = c.parentJobs(image, "")
		complete.Tags = image.Runners.Of(onlyPlatform(image))
		return append(jobs, complete)
	}
	for _, platform := range image.Platforms {
		job := buildKind(image, platform)
		job.Name, job.Rules, job.ResourceGroup = platformJob(buildPrefix, image, platform), complete.Rules, oneAtATime(image, "@"+schema.Arch(string(platform)))
		job.Extends = []string{templatePrefix + image.Name, ofPlatform(kindBuild, platform)}
		job.Needs = c.parentJobs(image, platform)
		jobs = append(jobs, job)
		complete.Needs = append(complete.Needs, c.finishedPart(image, platform)...)
	}
	complete.Rules = c.selectRules(image)
	return append(jobs, complete)
}

// buildKind is what the jobs that build an image have in common with those of other images.
func buildKind(image *lineage.Image, platform definition.Platform) Job {
	return Job{Stage: cmp.Or(image.Stages.Build, "build"), Tags: image.Runners.Of(platform), Variables: platformOf(platform)}
}

func platformOf(platform definition.Platform) []Variable {
	var v variables
	v.add(schema.VarDistributionPlatform, string(platform))
	return v
}

// oneAtATime runs the builds of one image on one branch one after the other if other projects poke: two parents in one wave may poke at the
// same time, and the second build must see the result of the first.
func oneAtATime(image *lineage.Image, part string) string {
	if len(foreign(image)) == 0 {
		return ""
	}
	return "stemma/" + image.Name + part + "/$CI_COMMIT_REF_SLUG"
}

// isIndex reports whether an image is an index of several platforms.
func isIndex(image *lineage.Image) bool { return len(image.Platforms) > 1 }

// onlyPlatform returns the platform of an image with one platform; otherwise nothing.
func onlyPlatform(image *lineage.Image) definition.Platform {
	if len(image.Platforms) != 1 {
		return ""
	}
	return image.Platforms[0]
}

func platformJob(prefix string, image *lineage.Image, platform definition.Platform) string {
	return prefix + image.Name + "@" + schema.Arch(string(platform))
}

// parentJobs returns the jobs that build and test an image's parents, and those of the images in `after`. For one platform these are the
// parent's jobs for that platform, if it has any, since they finish first.
func (c *compilation) parentJobs(image *lineage.Image, platform definition.Platform) []Need {
	var needs []Need
	for _, parent := range image.Parents {
		switch {
		case parent.Image == nil:
		case isIndex(parent.Image) && platform != "":
			needs = append(needs, c.finishedPart(parent.Image, platform)...)
		default:
			needs = append(needs, c.finished(parent.Image)...)
		}
	}
	for _, before := range image.After {
		needs = append(needs, c.last(before))
	}
	for _, start := range c.startJobs(image) {
		needs = append(needs, Need{Job: start.Name, Optional: true})
	}
	return needs
}

func (c *compilation) need(job string) Need { return Need{Job: job, Optional: c.changed} }
