package pipeline

import (
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/changes"
	"gitlab.com/stemma-ci/stemma/compiler/content"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
)

// line has what rules compare for an image and all images of the project that it is built from. Each list is sorted and has at most one entry
// more than one rule may have, so that it stays short for a line of ten thousand images.
type line struct {
	// names are those of the images, foreign those of the images of other projects that they are built from.
	names, foreign []string
	// patterns are those of their input files, of the files that declare them, and of the files with the recipes.
	patterns []string
	// buttons are those that start them. isRebuilt tells whether a pipeline that a person starts rebuilds one of them.
	buttons   buttons
	isRebuilt bool
}

// line returns an image's line. It is fast if images come in the order of the graph, so that those of its parents are known.
func (c *compilation) line(image *lineage.Image) *line {
	if known, ok := c.lines[image]; ok {
		return known
	}
	own := &line{names: []string{image.Name}, foreign: foreign(image), patterns: c.patterns([]*lineage.Image{image})}
	own.isRebuilt = image.Manual == definition.ManualRebuild
	for _, parent := range image.Parents {
		if parent.Image == nil {
			continue
		}
		above := c.line(parent.Image)
		own.names = union(own.names, above.names)
		own.foreign = union(own.foreign, above.foreign)
		own.patterns = union(own.patterns, above.patterns)
		own.isRebuilt = own.isRebuilt || above.isRebuilt
	}
	own.buttons = c.buttonsAbove(image)
	if image.Manual == definition.ManualStart || image.Manual == definition.ManualBlocking {
		own.buttons = buttons{patterns: own.patterns, areEverywhere: !c.changed || len(own.patterns) > maxChanges}
	}
	c.lines[image] = own
	return own
}

// union returns the entries of two sorted lists, at most one more than a rule may have.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxChanges+1)]
}

// inOneRule returns the patterns of a rule: nil, which means any file, if there are more than one rule may have.
func inOneRule(patterns []string) []string {
	if len(patterns) > maxChanges {
		return nil
	}
	return patterns
}

// foreign are the names of the images of other projects that an image is built from, sorted.
func foreign(image *lineage.Image) []string {
	var names []string
	for _, parent := range image.Parents {
		if parent.Project.Path != "" {
			names = append(names, strings.ToLower(parent.Project.Path+"/"+parent.Project.Image))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isPinned reports whether the lock has an input of an image.
func isPinned(image *lineage.Image) bool {
	return slices.ContainsFunc(image.Parents, func(p lineage.Parent) bool { return p.Digest != "" }) ||
		slices.ContainsFunc(image.Sources, func(s lineage.Source) bool { return s.Commit != s.Source.Commit() })
}

// patterns are those of the input files of images and of the files that declare them, sorted.
func (c *compilation) patterns(images []*lineage.Image) []string {
	patterns := []string{c.definition.File, c.declaration(c.definition.File)}
	for _, image := range images {
		for _, pattern := range image.Files {
			patterns = append(patterns, changes.Pattern(pattern))
		}
		for _, file := range image.Declarations {
			patterns = append(patterns, c.declaration(file))
		}
		for _, own := range c.definition.Distributions {
			if own.Key == image.Distribution {
				patterns = append(patterns, c.declaration(own.Span.File))
			}
		}
		patterns = append(patterns, c.recipe(image).File)
		if isPinned(image) {
			patterns = append(patterns, lock.File)
		}
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}

// declaration is the pattern of a file that declares something, and of the files that CUE may unify with it.
func (c *compilation) declaration(file string) string {
	switch {
	case path.Ext(file) != ".cue":
		return changes.Pattern(content.Literal(file))
	case c.definition.IsModule:
		return "**/*.cue"
	default:
		return changes.Pattern(path.Join(content.Literal(path.Dir(file)), "*.cue"))
	}
}
