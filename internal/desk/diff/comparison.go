package diff

import (
	"bytes"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// comparison compares the images and jobs of two versions.
type comparison struct {
	old, new half
	// recorded is what the committed files of the old version say of their images, and compiledBy the stemma that compiled them.
	recorded   map[string]drift.Image
	compiledBy string
	// isOutdated says that one of these tags is not what is compiled now.
	isOutdated bool
	// was has the earlier name of each image that exists in both versions, and is has the new name by the earlier one.
	was, is map[string]string
	// done has the images that have been compared, by their new names.
	done map[string]*Image
	// changesItself has those that are rebuilt for another reason than their parents.
	changesItself map[string]bool
	// gone are the removed images.
	gone []*lineage.Image
}

// half is one version with its images by name.
type half struct {
	Version
	images []*lineage.Image
	byName map[string]*lineage.Image

	handwritten *handwritten
	// children are the child pipelines that the project's own jobs start, by the names of these jobs.
	children map[string]*handwritten
	// names are the names of the compiled jobs.
	names map[string]bool
}

func newHalf(v Version) half {
	h := half{Version: v, byName: map[string]*lineage.Image{}}
	if v.Graph != nil {
		h.images = v.Graph.Images
	}
	for _, image := range h.images {
		h.byName[image.Name] = image
	}
	return h
}

func newComparison(old, new Version) *comparison {
	c := &comparison{
		old: newHalf(old), new: newHalf(new), was: map[string]string{}, is: map[string]string{}, done: map[string]*Image{}, changesItself: map[string]bool{},
	}
	c.recorded, c.compiledBy = old.Committed.Images()
	return c
}

// outdated returns the committed files of each version that differ from its compiled definition. A file counts only if the change is the
// reason: one that was outdated before, and that stays as it is, has no effect.
func (c *comparison) outdated() (old, new []string) {
	if c.compiler() == nil {
		old = c.old.outdated(c.new)
		slices.Sort(old)
	}
	if len(c.new.Result.Files) == 0 {
		return old, c.new.leftBehind(c.old)
	}
	return old, c.new.outdated(c.old)
}

// outdated returns the committed files of a version that differ from its compiled definition, unless both are those of the other version.
func (h half) outdated(other half) (paths []string) {
	others := other.output()
	for _, file := range h.Result.Files {
		committed := h.Committed[file.Path]
		isSame := bytes.Equal(committed, other.Committed[file.Path]) && bytes.Equal(file.Content, others[file.Path])
		if !isSame && !bytes.Equal(committed, file.Content) {
			paths = append(paths, file.Path)
		}
	}
	return paths
}

// leftBehind returns the compiled files of the other version that a version without a definition has, too.
func (h half) leftBehind(other half) []string {
	if h.Definition != nil {
		return nil
	}
	return slices.DeleteFunc(keysOf(other.output()), func(path string) bool { return !drift.IsCompiled(h.Committed[path]) })
}

// forgetCompiled lets the jobs of a version count as written by hand if the other one has its compiled files without a definition: GitLab still
// runs these jobs, and nothing says what they should be.
func (c *comparison) forgetCompiled() {
	wasLeft, isLeft := len(c.old.leftBehind(c.new)) > 0, len(c.new.leftBehind(c.old)) > 0
	if isLeft {
		c.old.Result = compiler.Result{}
	}
	if wasLeft {
		c.new.Result = compiler.Result{}
	}
}

// output returns the compiled files of a version by their paths.
func (v Version) output() map[string][]byte {
	files := map[string][]byte{}
	for _, file := range v.Result.Files {
		files[file.Path] = file.Content
	}
	return files
}

// compiler returns the versions of stemma if they differ.
func (c *comparison) compiler() *Move {
	if c.compiledBy == "" || c.compiledBy == schema.Version {
		return nil
	}
	return &Move{c.compiledBy, schema.Version}
}

// record returns the tag of an image of the old version and its inputs. Those that were committed count, since jobs have built them; those
// that are compiled now have complete hashes.
func (c *comparison) record(image *lineage.Image) (tag string, inputs map[string]string) {
	committed, ok := c.recorded[image.Name]
	if ok && committed.Tag != image.Tag.String() {
		c.isOutdated = true
		return committed.Tag, committed.Ingredients
	}
	return image.Tag.String(), inputsOf(image)
}

func inputsOf(image *lineage.Image) map[string]string {
	inputs := map[string]string{}
	for _, ingredient := range image.Ingredients {
		inputs[ingredient.Name] = ingredient.Short()
	}
	return inputs
}
