package citemplates

import (
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/migrate/jobkeys"
	"gitlab.com/stemma-ci/stemma/schema"
)

// tell reports what became of a build job, with the image's old and new place.
func (c *conversion) tell(b *build) {
	name := b.image.Name
	where := "its repository and tag stay"
	switch {
	case name == b.place && b.image.Tag == nil:
		where = "its repository stays"
	case name != b.place:
		where = fmt.Sprintf("it moves from $CI_REGISTRY_IMAGE/%s to $CI_REGISTRY_IMAGE/%s; a `release` with the old repository keeps it there too", b.place, name)
	}
	c.report.Look(b.job.At, b.label, "it is the image %s now, which build:%s builds: remove the job; %s", name, name, where)
	for _, other := range c.builds {
		if other.twin == b {
			c.report.Look(other.job.At, other.label, "it builds what %s builds, so build:%s is in its place too: remove the job", b.label, name)
		}
	}
}

// users says what the `extends` and `needs` of other jobs become.
func (c *conversion) users() {
	for _, job := range c.pipeline.Jobs {
		if job.IsHidden() || c.isBuild(job) {
			continue
		}
		for _, parent := range job.Parents {
			c.user(job, parent)
		}
		for _, key := range []string{"needs", "dependencies"} {
			c.waiting(job, key)
		}
		c.written(job)
	}
}

func (c *conversion) isBuild(job *ciyaml.Job) bool {
	return slices.ContainsFunc(c.builds, func(b *build) bool { return b.job == job })
}

// user looks at one of the names that a job extends.
func (c *conversion) user(job *ciyaml.Job, parent ciyaml.Parent) {
	if slices.ContainsFunc(c.builds, func(b *build) bool { return b.job.Name == parent.Name && !b.original().out }) {
		c.jobs.Add(parent.At, "extends", parent.Name+" builds an image: what others take from it must stay, in a hidden job", job.Name)
	}
	t, ok := parseTemplate(parent.Name)
	if !ok || t.isBuild() {
		return
	}
	if t.kind == runsInMachine {
		c.jobs.Add(parent.At, parent.Name, "stemma boots no virtual machines: keep the template of ci-templates", job.Name)
		return
	}
	var images []string
	for _, combination := range job.Combinations() {
		reference, unknown := combination.Variables.Get(schema.VarDistributionImage)
		b := c.builtAt(reference)
		isOpen := slices.ContainsFunc(unknown, func(name string) bool { return strings.HasPrefix(name, "FDO_") })
		switch {
		case b != nil && !b.out:
			if name := ".fdo.distribution-image@" + b.image.Name; !slices.Contains(images, name) {
				images = append(images, name)
			}
		case !isOpen:
			c.jobs.Add(parent.At, parent.Name, "it stays as it is, since the definition has no image "+reference, job.Name)
		}
	}
	if len(images) > 0 {
		c.jobs.Add(parent.At, parent.Name, "it becomes "+strings.Join(images, " or "), job.Name)
	}
}

// written looks at an image that a job names itself, of which only the place matters.
func (c *conversion) written(job *ciyaml.Job) {
	v := job.Keys.Get("image")
	if name := v.Get("name"); name != nil {
		v = name
	}
	for _, combination := range job.Combinations() {
		reference, _ := combination.Variables.Expand(v.String())
		if b := c.builtAt(reference); b != nil && !b.out && b.image.Name != b.place && !strings.Contains(v.Text, schema.VarDistributionImage) && v.At.File != "" {
			c.jobs.Add(v.At, "image", reference+" is now $CI_REGISTRY_IMAGE/"+b.image.Name, job.Name)
		}
	}
}

// waiting looks at what a job needs.
func (c *conversion) waiting(job *ciyaml.Job, key string) {
	v := job.Keys.Get(key)
	names := jobkeys.Needed(v)
	for _, b := range c.builds {
		if original := b.original(); slices.Contains(names, b.job.Name) && !original.out {
			c.jobs.Add(v.At, key, b.job.Name+" becomes build:"+original.image.Name, job.Name)
		}
	}
}

// includes says which includes were not read, and what only perhaps holds.
func (c *conversion) includes() {
	for _, include := range c.pipeline.Unread {
		c.report.Look(include.At, "include", "%s was not read, and image jobs in it are not in the definition", include)
	}
	for _, include := range c.pipeline.Conditional {
		c.report.Look(include.At, "include", "%s was read as if its rules held", include)
	}
	for _, rule := range jobkeys.Flat(c.pipeline.Top.Get("workflow").Get("rules")) {
		if set := rule.Get("variables"); set != nil {
			c.report.Missing(set.At, "workflow:rules:variables", "an image is the same in every pipeline")
		}
	}
	for _, b := range c.builds {
		for _, parent := range b.job.Parents {
			if parent.IsUnread {
				c.report.Look(parent.At, parent.Name, "%s extends it, and it is in an include that was not read: the keys that it sets are missing", b.label)
			}
		}
	}
}
