package definition

import (
	"slices"
	"strings"
)

const (
	// OutputFile holds the compiled jobs.
	OutputFile = ".gitlab/stemma.gitlab-ci.yml"
	// OutputFolder holds the parts of the compiled jobs where one file would be too large.
	OutputFolder = ".gitlab/stemma"
)

// ImagesFile holds the templates of jobs that run in an image, where the jobs that build it stand in a child pipeline.
const ImagesFile = OutputFolder + "/_images.gitlab-ci.yml"

// ChildFile is the file of a child pipeline.
func ChildFile(name string) string {
	return OutputFolder + "/" + strings.ReplaceAll(name, "/", ".") + ".gitlab-ci.yml"
}

// IsOutput reports whether the definition compiles to a file. Such files stand in no hash, since they hold the hashes.
func (d *Definition) IsOutput(file string) bool {
	return file == OutputFile || strings.HasPrefix(file, OutputFolder+"/") ||
		slices.ContainsFunc(d.Images, func(image *Image) bool { return image.Publish.Value && file == ComponentFile(image.Name) })
}
