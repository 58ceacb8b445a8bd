package citemplates

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
)

// handled are the keys of a build job that became something.
var handled = []string{"extends", "script", "variables", "stage", "tags", "parallel", "when", "inherit", "rules", "only", "except", "needs", "timeout"}

// whys says of keys of a build job why they have no counterpart.
var whys = map[string]string{
	"before_script": "commands around the build have none; what makes the image belongs in `exec`",
	"after_script":  "commands around the build have none; what makes the image belongs in `exec`",
	"services":      "a build has none", "secrets": "a build has none; CI variables reach `exec`", "id_tokens": "a build has none; CI variables reach `exec`",
	"artifacts": "a build leaves the reference of its image, and nothing else", "cache": "the folder /cache of the runner is there, if it has one",
	"dependencies": "a build takes no artifacts", "retry": "set it in the project's own file, as `build:IMAGE: {retry: …}`",
	"interruptible": "set it in the project's own file, as `build:IMAGE: {interruptible: …}`", "allow_failure": "set it in the project's own file, as `build:IMAGE: {allow_failure: …}`",
	"image": "builds run in stemma's own image", "hooks": "a build has none", "environment": "a build has none", "resource_group": "builds of one image wait for each other where they must",
}

// keys reports what a build job has besides what makes its image.
func (c *conversion) keys(b *build) {
	for _, field := range b.job.Keys.Fields {
		why, ok := whys[field.Name]
		switch {
		case slices.Contains(handled, field.Name) || field.Value.Kind == ciyaml.Null:
		case field.Name == "image" && isTemplates(b.job, "image"):
		case field.Name == "dependencies" && len(field.Value.Items) == 0 || field.Name == "artifacts" && field.Value.At.File == "":
		case ok:
			c.lost.Add(field.Value.At, field.Name, why, b.label)
		default:
			c.lost.Add(field.Value.At, field.Name, "the compiled job does not have it", b.label)
		}
	}
	if timeout := b.job.Keys.Get("timeout"); timeout != nil && jobkeys.Minutes(timeout.String()) == 0 {
		c.lost.Add(timeout.At, "timeout", "it is not a number of hours and minutes", b.label)
	}
	c.whenItRuns(b)
	c.needsOf(b)
}

func (c *conversion) whenItRuns(b *build) {
	for _, key := range []string{"rules", "only", "except"} {
		v := b.job.Keys.Get(key)
		if v == nil {
			continue
		}
		if jobkeys.Manual(b.job) != "" && len(jobkeys.Flat(v)) == 1 && jobkeys.Flat(v)[0].Get("if") == nil {
			continue
		}
		c.lost.Add(v.At, key, "compiled jobs are in every pipeline and build nothing that exists, see `build: changed`", b.label)
		for _, rule := range jobkeys.Flat(v) {
			if set := rule.Get("variables"); set != nil {
				c.lost.Add(set.At, "rules:variables", "an image is the same in every pipeline", b.label)
			}
		}
	}
	if when := b.job.Keys.Get("when"); when != nil && b.job.Keys.Get("rules") == nil && when.Text != "manual" && when.Text != "on_success" {
		c.lost.Add(when.At, "when", "compiled jobs run when what they need has succeeded", b.label)
	}
}

// needsOf reports what a build waits for besides its parent.
func (c *conversion) needsOf(b *build) {
	needs := b.job.Keys.Get("needs")
	var others []string
	for _, job := range jobkeys.Needed(needs) {
		if parent := b.original().parent; parent == nil || job != parent.job.Name {
			others = append(others, job)
		}
	}
	if len(others) > 0 {
		c.lost.Add(needs.At, "needs", "a build waits for its parents, and not for "+strings.Join(others, ", "), b.label)
	}
}
