package citemplates

import (
	"reflect"
	"regexp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// joinTwins leaves one of several builds of the same image, as a job of merge requests and one of schedules are.
func (c *conversion) joinTwins() {
	c.places = map[string]*build{}
	for _, b := range c.builds {
		key := b.place + ":" + b.tag
		other := c.places[key]
		switch {
		case b.place == "" || b.out && other != nil:
		case other == nil || other.out:
			c.places[key] = b
		case isSame(other, b):
			b.out, b.twin = true, other
			if b.image.Manual == "" {
				other.image.Manual = ""
			}
		default:
			c.found.Errorf(diagnostic.Import, b.job.At, "%s and %s build different images at %s", diagnostic.Quote(b.label), diagnostic.Quote(other.label), key).
				WithNote(other.job.At, "the other job")
		}
	}
}

// isSame reports whether two images are made of the same; who builds them does not matter.
func isSame(a, b *build) bool {
	one, other := a.image, b.image
	for _, image := range []*importer.Image{&one, &other} {
		image.Runners, image.Stages, image.Manual, image.Build = nil, nil, "", nil
	}
	baseOfOne, _ := a.variables.Get(schema.VarBaseImage)
	baseOfOther, _ := b.variables.Get(schema.VarBaseImage)
	return baseOfOne == baseOfOther && reflect.DeepEqual(one, other)
}

// chooseNames calls each image after its repository, so that it stays there; where several share one, after their jobs.
func (c *conversion) chooseNames() {
	count := map[string]int{}
	for _, b := range c.converted() {
		count[b.place]++
	}
	names := importer.Names{}
	for _, alone := range []bool{true, false} {
		for _, b := range c.converted() {
			if alone == (count[b.place] == 1) {
				b.image.Name = c.free(b, names, alone)
			}
		}
	}
}

// free returns a name that no other image has, and whose variables no other image has.
func (c *conversion) free(b *build, names importer.Names, alone bool) string {
	preset := importer.NearestName(buildWord.ReplaceAllString(b.label, ""), false)
	if alone {
		preset = importer.NearestName(b.place, true)
	}
	if _, isDistribution := c.recipes.Recipe(preset); isDistribution {
		preset += "-image"
	}
	return names.Free(preset, b.image.Platforms)
}

// buildWord begins the names of many jobs, and says nothing of an image.
var buildWord = regexp.MustCompile(`^(?i:build)[^a-zA-Z0-9]+`)
