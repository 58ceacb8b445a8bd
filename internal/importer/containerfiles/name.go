package containerfiles

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// name calls each image after its folder, or after the whole path where two folders have one name. Of a Containerfile and a
// Dockerfile in one folder the second is the Dockerfile.
func (c *conversion) name() {
	count, files := map[string]int{}, map[string]bool{}
	for _, i := range c.images {
		files[i.file] = true
	}
	for _, i := range c.images {
		i.isSecond = path.Base(i.file) == "Dockerfile" && files[path.Join(path.Dir(i.file), "Containerfile")]
		i.made.Name = c.nameOf(i, path.Base(path.Dir(i.file)))
		count[i.made.Name]++
	}
	for _, i := range c.images {
		if short := i.made.Name; count[short] > 1 {
			i.made.Name = c.nameOf(i, path.Dir(i.file))
			c.report.Look(c.line(i, 0), i.made.Name, "several folders are called %s, so the image has the whole path", path.Base(path.Dir(i.file)))
		}
		c.settle(i)
	}
	slices.SortFunc(c.images, func(a, b *image) int { return strings.Compare(a.made.Name, b.made.Name) })
	c.compare()
}

// nameOf is the name of an image in a folder, which may not be one yet.
func (c *conversion) nameOf(i *image, folder string) string {
	if folder == "." {
		folder = c.source.Root
	}
	match := fileName.FindStringSubmatch(path.Base(i.file))
	name, suffix := strings.ToLower(folder), strings.ToLower(match[1]+match[2]+match[3])
	if i.isSecond {
		suffix = "dockerfile"
	}
	if suffix != "" && suffix != path.Base(name) {
		name += "-" + suffix
	}
	return name
}

// settle makes a name of an image of what was chosen.
func (c *conversion) settle(i *image) {
	if importer.CheckName(i.made.Name) != nil {
		nearest := importer.NearestName(i.made.Name, true)
		c.report.Look(c.line(i, 0), nearest, "%s cannot be the name of an image, so it has this one", diagnostic.Quote(i.made.Name))
		i.made.Name = nearest
	}
	if _, isDistribution := c.recipes.Recipe(i.made.Name); isDistribution {
		i.made.Name += "-image"
		c.report.Look(c.line(i, 0), i.made.Name, "a distribution has the name of its folder, so the image has another")
	}
}

// compare finds images, sorted by name, that would have one name, or one variable that stands for them.
func (c *conversion) compare() {
	first := map[string]*image{}
	for _, i := range c.images {
		variable := schema.DotenvSuffix(i.made.Name)
		other := first[variable]
		switch {
		case other == nil:
			first[variable] = i
		case other.made.Name == i.made.Name:
			c.found.Errorf(diagnostic.Import, c.line(i, 0), "%s would have the same name, %s", other.file, i.made.Name).WithHint("rename one of the files")
		default:
			c.found.Errorf(diagnostic.Import, c.line(i, 0), "%s and %s of %s are told apart by punctuation alone", i.made.Name, other.made.Name, other.file).
				WithHint("rename one of the folders")
		}
	}
}
