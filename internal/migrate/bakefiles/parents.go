package bakefiles

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/containerfile"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/bake"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/schema"
)

// parse reads the Containerfile with the image's arguments; a mistake in it is one of the tree.
func (c *conversion) parse(i *image) (containerfile.File, bool) {
	parsed, err := containerfile.Parse(i.content, i.made.Args, i.made.Target)
	var mistake *containerfile.Error
	if errors.As(err, &mistake) && mistake.Argument != "" {
		c.leaveOut(i, "its Dockerfile needs the argument %s, and only who calls the builder knows its value", mistake.Argument)
	} else if errors.As(err, &mistake) {
		at := c.source.at(strings.TrimPrefix(i.made.Containerfile, c.target.Folder+"/"))
		at.Line = mistake.Line
		c.found.Errorf(diagnostic.Import, at, "%v", mistake).WithNote(i.At, "%s is built from it", i.Name)
	}
	return parsed, err == nil
}

// parents are what the Containerfile's own names mean, and the images of the tree that it names by where they are pushed to.
func (c *conversion) parents() {
	for _, i := range c.converted() {
		i.made.Args = maps.Clone(i.Args)
		var ok bool
		if i.parsed, ok = c.parse(i); !ok {
			continue
		}
		c.args(i)
		c.secrets(i)
		i.made.Parents = map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(i.Contexts)) {
			c.context(i, name)
		}
	}
	for _, i := range c.converted() {
		if i.reaches(i) {
			c.found.Errorf(diagnostic.Import, i.At, "the target %s is built on itself, by way of its contexts", diagnostic.Quote(i.Name))
			return
		}
	}
	for _, i := range c.converted() {
		for _, parent := range i.parsed.Parents {
			c.implied(i, parent.Reference)
		}
	}
}

// reaches reports whether an image is built on another, or on itself, over any number of steps.
func (i *image) reaches(other *image) bool {
	return importer.Reaches(i, other, func(i *image) []*image { return i.on })
}

// implied looks at a parent that no context names. One that another target is pushed to is that image, unless it is built on this
// one: then an older build is meant.
func (c *conversion) implied(i *image, reference string) {
	if i.made.Parents[reference] != nil || i.made.Contexts[reference] != "" {
		return
	}
	own := c.pushedTo(reference)
	switch {
	case own != nil && own != i && !own.reaches(i):
		i.made.Parents[reference] = own.made.Name
		i.on = append(i.on, own)
		c.report.Look(i.At, i.Name, "%s is the image %s, which is built first now", reference, own.made.Name)
	case c.isName(reference):
		i.made.Parents[reference] = importer.OnHub(reference)
	}
}

// isName reports whether a reference would mean an image of the definition, which it does not in the file.
func (c *conversion) isName(reference string) bool {
	return slices.ContainsFunc(c.converted(), func(i *image) bool { return i.made.Name == reference })
}

// args are the arguments that the Containerfile has; others do nothing.
func (c *conversion) args(i *image) {
	for _, name := range slices.Sorted(maps.Keys(i.made.Args)) {
		if !slices.Contains(i.parsed.Arguments, name) || !importer.VariableName.Takes(name) {
			c.looks.Add(i.At, name, "the Dockerfile has no such ARG, so the argument does nothing", i.Name)
			delete(i.made.Args, name)
		}
	}
}

// context is what one of the Containerfile's names means.
func (c *conversion) context(i *image, name string) {
	meaning := i.Contexts[name]
	reference, isImage := strings.CutPrefix(meaning, "docker-image://")
	other, isTarget := bake.TargetOf(meaning)
	used := slices.IndexFunc(i.parsed.Parents, func(p containerfile.Parent) bool { return p.Reference == name })
	switch {
	case slices.ContainsFunc(i.parsed.Stages, func(stage string) bool { return strings.EqualFold(stage, name) }):
		c.leaveOut(i, "%s replaces the stage %s of its Dockerfile, which is not supported", diagnostic.Quote(meaning), name)
	case used < 0 || !importer.ParentName.Takes(name):
		c.looks.Add(i.At, name, "the Dockerfile does not use it", i.Name)
	case !isTarget && !isImage:
		c.folder(i, name, meaning, i.parsed.Parents[used].IsFrom)
	case isImage:
		if !definition.NamesOutside(reference) {
			reference = importer.OnHub(reference)
		}
		if _, err := schema.ParseReference(reference); err != nil {
			c.leaveOut(i, "%s means %v", name, err)
			return
		}
		i.made.Parents[name] = reference
	default:
		n := slices.IndexFunc(c.images, func(t *image) bool { return t.Name == other })
		if n < 0 {
			c.found.Errorf(diagnostic.Import, i.At, "%s of %s is the target %s, which is nowhere", name, diagnostic.Quote(i.Name), diagnostic.Quote(other))
			return
		}
		i.made.Parents[name] = c.images[n].made.Name
		i.on = append(i.on, c.images[n])
	}
}

// folder is what a name means that is a folder of the tree.
func (c *conversion) folder(i *image, name, meaning string, isBase bool) {
	at, ok := folder(meaning)
	info, err := fs.Stat(c.source.FS, at)
	switch {
	case isAddress(meaning):
		c.leaveOut(i, "the address %s replaces %s in its Dockerfile, and only images and folders can", diagnostic.Quote(meaning), name)
	case isBase:
		c.leaveOut(i, "the folder %s replaces %s in a FROM line of its Dockerfile, and only images can", diagnostic.Quote(meaning), name)
	case !ok || err != nil || !info.IsDir():
		c.leaveOut(i, "there is no folder %s in the tree, which replaces %s in its Dockerfile", diagnostic.Quote(meaning), name)
	default:
		if i.made.Contexts == nil {
			i.made.Contexts = map[string]string{}
		}
		i.made.Contexts[name] = path.Join(c.target.Folder, at)
		if _, err := fs.Stat(c.source.FS, path.Join(at, ".dockerignore")); err == nil {
			c.looks.Add(i.At, name, "buildah does not read the .dockerignore of such a folder, so its steps find all files", i.Name)
		}
	}
}

// pushedTo is the image that is pushed to a reference.
func (c *conversion) pushedTo(reference string) *image {
	for _, i := range c.converted() {
		if slices.Contains(i.Tags, reference) || slices.Contains(i.Tags, reference+":latest") {
			return i
		}
	}
	return nil
}
