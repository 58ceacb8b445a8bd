package compiler

import (
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// addDistributions adds the project's own distributions to those of stemma, and reports the names that stemma has.
func addDistributions(recipes schema.Recipes, d *definition.Definition, found *diagnostic.List) {
	for _, distribution := range d.Distributions {
		if _, ok := recipes[distribution.Key]; ok {
			found.Errorf(diagnostic.ReservedName, distribution.Span, "%s is one of stemma's distributions", diagnostic.Quote(distribution.Key)).
				WithHint("choose another name, such as my-%s", distribution.Key).WithKey("distributions." + distribution.Key)
			continue
		}
		recipes[distribution.Key] = distribution.Recipe
	}
}

// checkUse reports distributions that no image has.
func checkUse(result Result, found *diagnostic.List) {
	for _, distribution := range result.Definition.Distributions {
		if !slices.ContainsFunc(result.Graph.Images, func(image *lineage.Image) bool { return image.Distribution == distribution.Key }) {
			found.Warnf(diagnostic.UnusedDistribution, distribution.Span, "no image has the distribution %s", diagnostic.Quote(distribution.Key)).
				WithHint("remove it, or name it in an image").WithKey("distributions." + distribution.Key)
		}
	}
}
