// Package rebuild is the job that checks the names of images to rebuild.
package rebuild

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Check fails where schema.VarRebuild names an image that schema.VarImages does not list. No rule selects a job for such a name,
// so without this check the pipeline would do nothing and pass.
func Check(getenv func(string) string, log output.Log) error {
	r := jobenv.NewReader(getenv)
	images := readImages(r)
	if err := r.Err(); err != nil {
		return err
	}
	var unknown []string
	for _, name := range r.List(schema.VarRebuild) {
		if !slices.Contains(images, name) {
			unknown = append(unknown, diagnostic.Quote(name)+suggestion(name, images))
		}
	}
	switch len(unknown) {
	case 0:
		log.Printf("This project has every image that %s names.", schema.VarRebuild)
		return nil
	case 1:
		return fmt.Errorf("%s names an image that this project does not have: %s", schema.VarRebuild, unknown[0])
	default:
		return fmt.Errorf("%s names %d images that this project does not have:\n%s", schema.VarRebuild, len(unknown), strings.Join(unknown, "\n"))
	}
}

// readImages reads the names of the project's images, sorted.
func readImages(r *jobenv.Reader) []string {
	r.Required(schema.VarImages, "it lists the project's images")
	images := r.List(schema.VarImages)
	for next := 2; ; next++ {
		more := r.List(schema.VarImages + "_" + strconv.Itoa(next))
		if len(more) == 0 {
			slices.Sort(images)
			return images
		}
		images = append(images, more...)
	}
}

// maxSuggestions is how many names are listed where none is near what was written.
const maxSuggestions = 10

// suggestion returns the image whose name is nearest to an unknown name, or the first images of the project.
func suggestion(unknown string, images []string) string {
	if hint := diagnostic.DidYouMean(unknown, images); hint != "" {
		return hint
	}
	text := "; its images are " + strings.Join(images[:min(len(images), maxSuggestions)], ", ")
	if rest := len(images) - maxSuggestions; rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return text
}
