package zuul

import (
	"slices"
	"strings"
)

// order reports what jobs wait for and no Containerfile says: what they require, and the jobs that they depend on.
func (c *conversion) order() {
	providers, jobs := map[string][]*image{}, map[string][]*image{}
	for _, i := range c.images {
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
		switch {
		case !known:
			c.report.Look(name.at, name.printed(), "another project provides it, and %s keeps the reference of its FROM: it follows a rebuild when that project names this one in `dependents`, or with `updates: {base: poll}`", i.name)
		case !i.isBuiltFrom(images):
			c.report.Look(name.at, name.printed(), "%s requires it, but is not built from any image of it, so the order is not kept", i.name)
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
		switch {
		case strings.Contains(name, "buildset-registry"):
			c.note(dependency.at, name, "no registry is needed beside the project's own, nor a job that waits for others")
		case !known:
			c.note(dependency.at, name, "this job builds no image: images wait for their parents alone")
		case !i.isBuiltFrom(images):
			c.note(dependency.at, name, "images wait for this job without being built from one of its own: the order is not kept")
		}
	}
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
