package zuul

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// image is what the entries of several jobs have in common: they build the same, and call it the same.
type image struct {
	// parsed is the Containerfile, and out says that no image is made of it: the report has why.
	parsed containerfile.File
	out    bool

	name string
	// entry is the first that builds it, or the first that pushes it where there is one.
	entry
	// builds are the entries that build it, and promotions those that only move its tags.
	builds, promotions []entry
	// parents are the images of the tree that it is built from, by their names in its Containerfile.
	parents map[string]*image
	// after are those that a job waits for without building this one from them.
	after []*image
}

// collapse makes one image of the entries that build the same.
func (c *conversion) collapse(entries []entry) {
	c.byRepository = map[string][]*image{}
	called := map[string][]*image{}
	for _, e := range entries {
		if e.run.stage == promoting {
			continue
		}
		i := c.same(c.byRepository[e.repository], called[path.Base(e.repository)], e)
		if i == nil {
			i = &image{entry: e}
			c.images = append(c.images, i)
			called[path.Base(e.repository)] = append(called[path.Base(e.repository)], i)
		}
		if !slices.Contains(c.byRepository[e.repository], i) {
			c.byRepository[e.repository] = append(c.byRepository[e.repository], i)
		}
		if e.run.stage == uploading && i.run.stage == building {
			i.entry = e
		}
		i.builds = append(i.builds, e)
	}
	for _, e := range entries {
		if e.run.stage == promoting {
			c.promote(c.byRepository[e.repository], e)
		}
	}
}

// same is the image that an entry builds too, for the same repository or for one of the same last name, or nil. Two that
// differ cannot have one name.
func (c *conversion) same(images, called []*image, e entry) *image {
	for _, i := range slices.Concat(images, called) {
		if i.recipe() == e.recipe() {
			return i
		}
	}
	for _, i := range images {
		if e.repository == "" || !i.shares(e) {
			continue
		}
		one, other := i.entry, e
		one.platforms, other.platforms = nil, nil
		if one.recipe() == other.recipe() && i.run.stage != e.run.stage {
			c.report.Look(e.at, e.repository, "%s and %s build for different platforms; the uploaded platforms are taken", i.run.name, e.run.name)
			return i
		}
		c.fail(e.at, "%s builds %s of other things than %s does", e.run.name, e.repository, i.run.name).WithNote(i.at, "there")
		return i
	}
	return nil
}

// shares says whether an image is pushed with one of the tags of an entry, to the same repository.
func (i *image) shares(e entry) bool {
	return slices.ContainsFunc(i.builds, func(own entry) bool {
		return own.repository == e.repository && slices.ContainsFunc(e.allTags(), func(tag string) bool { return contains(own.allTags(), tag) })
	})
}

// recipe is what an entry builds, as text that is equal where that is.
func (e *entry) recipe() string {
	return fmt.Sprintf("%q %q %q %q %q %q %q %q", e.context, e.file, e.target, e.args, e.labels, e.platforms, e.siblings, e.env)
}

func (e *entry) allTags() []string { return slices.Concat(e.tags.branch, e.tags.version) }

// promote gives a promotion to the images whose tags it moves.
func (c *conversion) promote(images []*image, e entry) {
	found := false
	for _, i := range images {
		if i.shares(e) {
			i.promotions = append(i.promotions, e)
			found = true
		}
	}
	if !found {
		c.report.Look(e.at, e.repository, "%s promotes it, and no job of this tree builds it", e.run.name)
	}
}

// name calls each image after its repository: its last segment, with the one before where two would be alike, and with a tag
// where one repository has several images.
func (c *conversion) name() {
	repositories := map[string][]string{}
	for _, i := range c.images {
		short := path.Base(i.repository)
		if !contains(repositories[short], i.repository) {
			repositories[short] = append(repositories[short], i.repository)
		}
	}
	taken := map[string]*image{}
	for _, i := range c.images {
		name := path.Base(i.repository)
		switch {
		case i.repository == "":
			if name = path.Base(i.context); i.context == "." {
				name = c.tree.Root
			}
			c.report.Look(i.at, name, "it has no repository, so it is called after its folder")
		case len(repositories[name]) > 1:
			name = path.Join(path.Base(path.Dir(i.repository)), name)
		}
		if all := i.allTags(); len(c.byRepository[i.repository]) > 1 && len(all) > 0 && i.repository != "" {
			name += "-" + all[0]
		}
		i.name = lower(name)
		if err := importer.CheckName(i.name); err != nil {
			c.fail(i.at, "the image cannot be called after its repository: %v", err)
		} else if other := taken[i.name]; other != nil {
			c.fail(i.at, "two images would be called %s", i.name).WithNote(other.at, "there").WithHint("rename one of the repositories")
		}
		taken[i.name] = i
	}
}

var notInNames = regexp.MustCompile(`[^a-z0-9/]*[^a-z0-9._/-]+[^a-z0-9/]*|[._-]{2,}`)

// lower is a name as images have it.
func lower(name string) string {
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "-"), "-._")
}

func contains(all []string, one string) bool { return slices.Contains(all, one) }
