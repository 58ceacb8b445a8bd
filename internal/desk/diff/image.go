package diff

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// compareImages returns the images that the change touches.
func (c *comparison) compareImages() ([]Image, error) {
	if err := c.pair(); err != nil {
		return nil, err
	}
	images := []Image{}
	for _, image := range c.new.images {
		compared, err := c.compareImage(c.old.byName[c.was[image.Name]], image)
		if err != nil {
			return nil, err
		}
		if c.done[image.Name] = compared; compared.IsRebuilt || compared.Kind != Rebuilt {
			images = append(images, *compared)
		}
	}
	for _, image := range c.old.images {
		if c.is[image.Name] == "" {
			tag, _ := c.record(image)
			c.gone = append(c.gone, image)
			images = append(images, Image{
				Name: image.Name, Kind: Removed, Tag: Move{Old: tag}, Changes: []Change{}, Inputs: []Input{}, Parents: []string{}, Causes: []string{},
				Dependents: []schema.Dependent{},
			})
		}
	}
	return images, nil
}

// compareImage compares an image with its earlier version, which may be nil. Its parents have been compared. The kind of an image that does
// not change is Rebuilt, and IsRebuilt is false.
func (c *comparison) compareImage(old, image *lineage.Image) (*Image, error) {
	out := &Image{
		Name: image.Name, Kind: Added, Tag: Move{New: image.Tag.String()}, IsRebuilt: true, Inputs: []Input{}, Parents: []string{}, Causes: []string{},
		Dependents: append([]schema.Dependent{}, image.Dependents...),
	}
	out.Changes = append(compareOrigins(old, image), compareFields(old, image)...)
	if old != nil {
		files, err := c.compareFiles(old, image)
		if err != nil {
			return nil, err
		}
		out.Changes = append(append(out.Changes, comparePins(old, image)...), files...)
		c.compareTags(old, image, out)
	}
	c.findCauses(image, out)
	switch {
	case old == nil:
	case old.Name != image.Name:
		out.Kind, out.Was = Renamed, old.Name
	case len(out.Changes) > 0 || c.changesItself[image.Name] || out.IsStale:
		out.Kind = Changed
	default:
		out.Kind = Rebuilt
	}
	return out, nil
}

// compareTags compares the tags and the inputs of an image.
func (c *comparison) compareTags(old, image *lineage.Image, out *Image) {
	tag, was := c.record(old)
	out.Tag.Old = tag
	is := inputsOf(image)
	for _, ingredient := range image.Ingredients {
		if name := ingredient.Name; was[name] != is[name] {
			out.Inputs = append(out.Inputs, Input{name, Move{was[name], is[name]}})
		}
	}
	for _, name := range keysOf(was) {
		if _, ok := is[name]; !ok {
			out.Inputs = append(out.Inputs, Input{name, Move{Old: was[name]}})
		}
	}
	out.IsRebuilt = tag != image.Tag.String() || old.Name != image.Name
	out.IsStale = !out.IsRebuilt && len(out.Inputs) > 0
	if recipe := "distribution " + image.Distribution; was[recipe] != "" && was[recipe] != is[recipe] {
		out.Changes = append(out.Changes, Change{Key: "distribution", Note: "the recipe of " + image.Distribution + " changes", IsInput: true})
	}
}

// findCauses finds the parents because of which an image is rebuilt, and the images that these are rebuilt for.
func (c *comparison) findCauses(image *lineage.Image, out *Image) {
	moved := map[string]bool{}
	for _, parent := range image.Parents {
		if parent.Image == nil || !c.done[parent.Image.Name].IsRebuilt {
			continue
		}
		name := parent.Image.Name
		out.Parents = append(out.Parents, name)
		moved[name] = c.was[name] == name
		if c.changesItself[name] {
			out.Causes = append(out.Causes, name)
		}
		out.Causes = append(out.Causes, c.done[name].Causes...)
	}
	// The hash of the definition can change because of a parent, whose distribution is that of its children.
	hasOwnInput := slices.ContainsFunc(out.Inputs, func(input Input) bool { return !moved[input.Name] })
	hasOwnChange := slices.ContainsFunc(out.Changes, func(change Change) bool { return change.IsInput })
	c.changesItself[image.Name] = out.IsRebuilt && (len(out.Parents) == 0 || out.Tag.Old == "" || hasOwnInput && hasOwnChange)
	if len(out.Parents) > 0 {
		out.IsRebuilt, out.IsStale = true, false
	}
	slices.Sort(out.Causes)
	out.Causes = slices.Compact(out.Causes)
}

// shortHash returns the beginning of a digest or of a commit, enough to see a change.
func shortHash(hash string) string {
	const length = 12
	if digest, err := schema.ParseDigest(hash); err == nil {
		hash = digest.String()[len("sha256:"):]
	}
	return hash[:min(len(hash), length)]
}

// comparePins compares the digests of parents and the commits of sources that exist on both sides.
func comparePins(old, image *lineage.Image) (changes []Change) {
	digests := map[string]string{}
	for _, parent := range old.Origins() {
		digests[parent.String()] = parent.Digest
	}
	for _, parent := range image.Origins() {
		if was, ok := digests[parent.String()]; ok && was != parent.Digest {
			changes = append(changes, pin(parent.String(), was, parent.Digest))
		}
	}
	commits := map[string]string{}
	for _, source := range old.Sources {
		commits[source.Name()] = source.Commit
	}
	for _, source := range image.Sources {
		if was, ok := commits[source.Name()]; ok && was != source.Commit {
			changes = append(changes, pin(source.Name(), was, source.Commit))
		}
	}
	return changes
}

func pin(name, old, new string) Change {
	return Change{Key: "pin of " + name, Move: Move{shortHash(old), shortHash(new)}, IsInput: true}
}

// compareOrigins compares what an image is built on.
func compareOrigins(old, image *lineage.Image) []Change {
	changes := []Change{}
	var was string
	var before []any
	if old != nil {
		was, before = origin(old), others(old)
	}
	if is := origin(image); was != is {
		changes = append(changes, Change{Key: "base", Move: Move{was, is}, IsInput: true})
	}
	if old != nil && hasOwnDistribution(image) && old.Image.Base != (definition.Base{}) && old.Distribution != image.Distribution {
		changes = append(changes, Change{Key: "distribution", Move: Move{old.Distribution, image.Distribution}, IsInput: true})
	}
	if parents, ok := compareValues("parents", before, others(image)); ok {
		parents.IsInput = true
		changes = append(changes, parents)
	}
	return changes
}

// hasOwnDistribution reports whether an image has a base whose name does not tell the distribution, and does not inherit it from a parent in
// the project.
func hasOwnDistribution(image *lineage.Image) bool {
	base, ok := image.Base()
	return ok && image.Image.Base != (definition.Base{}) && (base.Image == nil || image.Image.Distribution.Value != "")
}

// others are the parents besides the base.
func others(image *lineage.Image) (names []any) {
	for _, parent := range image.Parents {
		if !parent.IsBase {
			names = append(names, parent.String())
		}
	}
	return names
}
