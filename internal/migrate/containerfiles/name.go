package containerfiles

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
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
		short, why := i.made.Name, "it cannot be the name of an image, so the image has another"
		if count[short] > 1 {
			i.made.Name, why = c.nameOf(i, path.Dir(i.file)), "several images would be called so, and have the whole path"
		}
		if c.settle(i); i.made.Name != short {
			c.looks.Add(c.line(i, 0), short, why, i.made.Name)
		}
	}
	slices.SortFunc(c.images, func(a, b *image) int { return strings.Compare(a.made.Name, b.made.Name) })
	c.compare()
}

// nameOf is the name of an image in a folder, which may not be one yet.
func (c *conversion) nameOf(i *image, folder string) string {
	if folder == "." {
		folder = c.tree.Root
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

// settle turns the chosen name into a valid one; the names of distributions are taken.
func (c *conversion) settle(i *image) {
	if importer.CheckName(i.made.Name) != nil {
		i.made.Name = importer.NearestName(i.made.Name, true)
	}
	if _, isDistribution := c.recipes.Recipe(i.made.Name); isDistribution {
		i.made.Name += "-image"
	}
}

// compare finds images, sorted by name, that would share a name or a variable.
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
