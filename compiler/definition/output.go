package definition

import (
	"cmp"
	"strings"
)

const (
	// OutputFile holds the compiled jobs.
	OutputFile = ".gitlab/stemma.gitlab-ci.yml"
	// OutputFolder holds the parts of the compiled jobs if one file would be too large.
	OutputFolder = ".gitlab/stemma"
)

// ImagesFile holds the templates of jobs that run in an image, where the jobs that build it are in a child pipeline.
const ImagesFile = OutputFolder + "/_images.gitlab-ci.yml"

// ChildFile is the file of a child pipeline.
func ChildFile(name string) string {
	return OutputFolder + "/" + strings.ReplaceAll(name, "/", ".") + ".gitlab-ci.yml"
}

// RecipesFolder holds the files that RecipeFile names.
const RecipesFolder = OutputFolder + "/recipes"

// RecipeFile is the file that changes with the recipe of a distribution of stemma. The distribution is empty for images that have no such recipe.
func RecipeFile(distribution string) string {
	return RecipesFolder + "/" + cmp.Or(distribution, "none") + ".txt"
}

// Outputs returns a function that reports whether a file is compiled. Compiled files are in no hash, since they contain the hashes.
func (d *Definition) Outputs() func(file string) bool {
	components := map[string]bool{}
	for _, image := range d.Images {
		if image.Publish.Value {
			components[ComponentFile(image.Name)] = true
		}
	}
	return func(file string) bool {
		return file == OutputFile || strings.HasPrefix(file, OutputFolder+"/") || components[file]
	}
}
