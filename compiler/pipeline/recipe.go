package pipeline

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
)

// Recipe is a file without jobs, which the rules of images name. It has those inputs of their tags that come from stemma and not from a file of
// the project, so it changes when another version of stemma changes the tags.
type Recipe struct {
	File string
	// Distribution is empty in the file of images that have no recipe of stemma.
	Distribution string
	Inputs       []lineage.Ingredient
}

// recipe returns the file of an image.
func (c *compilation) recipe(image *lineage.Image) Recipe {
	out := Recipe{Inputs: []lineage.Ingredient{{Name: "tags", Sum: lineage.Revision}}}
	if recipe, ok := c.recipes.Recipe(image.Distribution); ok && !recipe.IsOwn {
		out.Distribution = image.Distribution
		out.Inputs = append(out.Inputs, lineage.Ingredient{Name: "recipe", Sum: recipe.Hash()})
	}
	out.File = definition.RecipeFile(out.Distribution)
	return out
}

// recipesOf returns the files of all images, sorted; none if changed files do not select images.
func (c *compilation) recipesOf() []Recipe {
	if !c.changed {
		return nil
	}
	var recipes []Recipe
	for _, image := range c.graph.Images {
		recipes = append(recipes, c.recipe(image))
	}
	slices.SortFunc(recipes, func(a, b Recipe) int { return strings.Compare(a.File, b.File) })
	return slices.CompactFunc(recipes, func(a, b Recipe) bool { return a.File == b.File })
}
