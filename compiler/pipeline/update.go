package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	updateCheck = "update-check"
	// maxTargets limits how many images one job checks: it runs their snippets one after the other.
	maxTargets = 400
)

// onSchedule is true in the schedules that check for updates, not in those of the trial rebuild.
var onSchedule = condition.All(fromSchedule, condition.IsUnset(schema.VarTrialRebuild), condition.IsUnset(schema.VarCanary))

// updateJobs returns the jobs that look, on a schedule, for images that a rebuild would change, and request their rebuild by name.
func (c *compilation) updateJobs() []Job {
	var checked []*lineage.Image
	for _, image := range c.graph.Images {
		if image.Updates.Scheduled() {
			checked = append(checked, image)
		}
	}
	parts := shares(checked, func(image *lineage.Image) int { return jsonSize(updateTarget(image)) }, maxTargets)
	jobs := make([]Job, len(parts))
	for i, part := range parts {
		jobs[i] = c.updateJob(shareName(updateCheck, i, len(parts)), part)
	}
	if slices.ContainsFunc(checked, func(image *lineage.Image) bool { return image.Updates.Via == "merge-request" }) {
		jobs = append(jobs, c.lockJob(checked[0]))
	}
	if len(jobs) > 0 {
		jobs[0].Comment = "On a schedule: look for newer bases and packages, and request the rebuild of outdated images."
	}
	return jobs
}

// lockJob returns the job that updates the lock in a merge request, which all runs share.
func (c *compilation) lockJob(first *lineage.Image) Job {
	return Job{
		Name: "update-lock", Extends: []string{sharedName}, Tags: c.definition.Runners.Of(""), Stage: cmp.Or(first.Stages.Build, "build"), Rules: []Rule{{If: onSchedule}},
		Comment: "On a schedule: open a merge request that moves stemma.lock to newer digests, or bring it up to date.",
		Image:   "${" + schema.VarCLIImage + "}", Inherit: inheritedWith([]string{schema.VarAccessToken}),
		Variables: []Variable{{Name: schema.VarCLIImage, Value: schema.CLIImage}},
		Script:    []string{"stemma bump --locked --yes --refresh --branch-name stemma/lock --merge-request"}, Retry: c.retry(),
	}
}

// updateJob returns a job that checks images for updates. GitLab does not retry it for services outside: it requests rebuilds before it
// fails, and the next schedule checks again.
func (c *compilation) updateJob(name string, images []*lineage.Image) Job {
	targets := make([]schema.UpdateTarget, len(images))
	var names, distributions []string
	for i, image := range images {
		targets[i] = updateTarget(image)
		distributions = append(distributions, targets[i].Distribution)
		names = append(names, credentials(image)...)
	}
	v := variables{withoutCheckout}
	v.literal(schema.VarUpdates, schema.JSON(targets))
	v.literal(schema.VarDistributions, c.ownDistributions(distributions...))
	return Job{
		Name: name, Extends: []string{sharedName}, Tags: c.definition.Runners.Of(""), Stage: cmp.Or(images[0].Stages.Build, "build"), Rules: []Rule{{If: onSchedule}},
		Inherit: inheritedWith(names), Variables: v, Script: []string{"stemma job update-check"},
		Artifacts: Artifacts{Paths: []string{schema.UpdatesFile, schema.UpdatesPage}, Always: true},
	}
}

// updateTarget is an image with all places that it is released to, or with its own repository if it is not released.
func updateTarget(image *lineage.Image) schema.UpdateTarget {
	t := schema.UpdateTarget{Image: image.Name, Command: image.Updates.Command}
	for _, target := range image.ReleaseTargets() {
		repository := cmp.Or(target.Repository, image.Name)
		for _, tag := range target.Tags {
			if strings.Contains(tag, "{") {
				continue // a version, which never changes
			}
			t.Places = append(t.Places, schema.UpdatePlace{Reference: repository + ":" + tag, Username: target.Username, Password: target.Password})
		}
	}
	if len(t.Places) == 0 {
		t.Places = []schema.UpdatePlace{{Reference: image.Name + ":" + image.Tag.String()}}
	}
	if isIndex(image) {
		t.Platform = string(image.Platforms[0])
	}
	if image.Updates.Packages && image.Updates.Command == "" && !image.Containerfile.Present() {
		t.Distribution = image.Distribution
	}
	return t
}
