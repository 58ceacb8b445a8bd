package zuul

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// maxNeeds is GitLab's limit for the needs of a job, https://docs.gitlab.com/ci/yaml/#needs.
const maxNeeds = 50

// order finds what jobs wait for and no Containerfile says: what they require, and the jobs that they depend on.
func (c *conversion) order() {
	providers, jobs := map[string][]*image{}, map[string][]*image{}
	c.waited = map[*image]bool{}
	for _, i := range c.images {
		for _, parent := range i.parents {
			c.waited[parent] = true
		}
		for _, e := range i.builds {
			for _, name := range e.run.union("provides") {
				providers[name.printed()] = append(providers[name.printed()], i)
			}
			jobs[e.run.name] = append(jobs[e.run.name], i)
		}
	}
	for _, i := range c.images {
		for _, e := range i.promotions {
			for _, dependency := range e.run.last("dependencies") {
				c.note(dependency.at, "dependencies", "a release waits for the tests of its own image alone")
			}
		}
		for _, e := range i.builds {
			c.requires(i, e, providers)
			c.depends(i, e, jobs)
			for _, name := range e.run.union("provides") {
				c.noteLook(name.at, "provides", "every image of a definition is provided; name projects that build on one in its `dependents`, so that they are told of its rebuilds")
			}
		}
	}
}

func (c *conversion) requires(i *image, e entry, providers map[string][]*image) {
	for _, name := range e.run.union("requires") {
		images, known := providers[name.printed()]
		if !known {
			c.report.Look(name.at, name.printed(), "another project provides it, and %s keeps the reference of its FROM: it follows a rebuild when that project names this one in `dependents`, or with `updates: {base: poll}`", i.name)
		} else if lost := c.wait(i, images); lost != "" {
			c.report.Missing(name.at, name.printed(), "%s requires it, but does not wait for it: %s", i.name, lost)
		} else if !i.isBuiltFrom(images) {
			c.report.Look(name.at, name.printed(), "%s requires it: it is built after its images, but not from any of them, and a change of these is none of it", i.name)
		}
	}
}

func (c *conversion) depends(i *image, e entry, jobs map[string][]*image) {
	for _, dependency := range e.run.last("dependencies") {
		name := dependency.printed()
		if dependency.kind == mapping {
			name = dependency.get("name").printed()
		}
		images, known := jobs[name]
		if strings.Contains(name, "buildset-registry") {
			c.note(dependency.at, name, "no registry is needed beside the project's own, nor a job that waits for others")
		} else if !known {
			c.note(dependency.at, name, "this job builds no image: images wait for other images alone")
		} else if lost := c.wait(i, images); lost != "" {
			c.note(dependency.at, name, "images do not wait for this job: "+lost)
		} else if !i.isBuiltFrom(images) {
			c.noteLook(dependency.at, name, "images are built after those of this job, but not from any of them, and a change of these is none of theirs")
		}
	}
}

// wait lets an image come after others, where it is not built from them. It says why it cannot.
func (c *conversion) wait(i *image, images []*image) (lost string) {
	switch {
	case i.isBuiltFrom(images):
		return ""
	case c.waited[i] && slices.ContainsFunc(images, func(other *image) bool { return importer.Reaches(other, i, (*image).before) }):
		return "an image of it waits in turn"
	case len(i.parents)+len(i.after)+len(images) > maxNeeds:
		return fmt.Sprintf("on GitLab a job waits for at most %d others", maxNeeds)
	}
	for _, before := range images {
		c.waited[before] = true
		if !slices.Contains(i.after, before) {
			i.after = append(i.after, before)
		}
	}
	return ""
}

// isBuiltFrom says whether an image is built from one of some, or is one of them.
func (i *image) isBuiltFrom(images []*image) bool {
	for _, parent := range i.parents {
		if slices.Contains(images, parent) {
			return true
		}
	}
	return slices.Contains(images, i)
}

// before are the images that an image waits for.
func (i *image) before() []*image {
	return slices.AppendSeq(slices.Clone(i.after), maps.Values(i.parents))
}
