package project

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/internal/cli"
)

// ImageNames returns the names of the images, parents first.
func (p *Project) ImageNames() []string {
	names := make([]string, len(p.Graph.Images))
	for i, image := range p.Graph.Images {
		names[i] = image.Name
	}
	return names
}

// IndexOf returns the index of an image in Graph.Images, or -1.
func (p *Project) IndexOf(name string) int {
	return slices.IndexFunc(p.Graph.Images, func(image *lineage.Image) bool { return image.Name == name })
}

// Image returns the index of the image that the command line names.
func (p *Project) Image(name string) (int, error) {
	i := p.IndexOf(name)
	if i < 0 {
		return i, cli.Usagef("there is no image %s%s", diagnostic.Quote(name), diagnostic.DidYouMean(name, p.ImageNames()))
	}
	return i, nil
}

// Choose returns the indexes of the images whose names match one of the patterns, or of all images without patterns.
func (p *Project) Choose(patterns []string) ([]int, error) {
	names := p.ImageNames()
	chosen := map[int]bool{}
	for _, pattern := range patterns {
		if !doublestar.ValidatePattern(pattern) {
			return nil, cli.Usagef("%s is not a pattern", diagnostic.Quote(pattern))
		}
		found := false
		for i, name := range names {
			if doublestar.MatchUnvalidated(pattern, name) {
				chosen[i], found = true, true
			}
		}
		if !found {
			if !strings.ContainsAny(pattern, `*?[{\`) {
				_, err := p.Image(pattern)
				return nil, err
			}
			return nil, cli.Usagef("no image matches the pattern %s", diagnostic.Quote(pattern))
		}
	}
	indexes := make([]int, 0, len(names))
	for i := range names {
		if len(patterns) == 0 || chosen[i] {
			indexes = append(indexes, i)
		}
	}
	return indexes, nil
}
