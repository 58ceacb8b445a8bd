package emit

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
)

func recipeFile(recipe pipeline.Recipe) File {
	images := "images without a distribution of stemma"
	if recipe.Distribution != "" {
		images = "images of " + recipe.Distribution
	}
	out := fmt.Appendf(nil, "# %sit changes when another version of stemma changes the tags of %s, whose rules name it. Do not edit.\n", RecipeMark, images)
	for _, input := range recipe.Inputs {
		out = fmt.Appendf(out, "%s: %q\n", input.Name, input.Sum)
	}
	return File{Path: recipe.File, Content: out}
}
