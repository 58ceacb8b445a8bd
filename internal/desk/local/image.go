// Package local runs the jobs of a project's images on one machine: it builds and tests the images, parents first, publishes those that
// passed, and removes old ones. A store keeps the images until they are published.
package local

import (
	"encoding/json"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Image is an image of a project, with the variables of its jobs.
type Image struct {
	// Name is the name in the definition. Reference has the image's repository and the tag of this run.
	Name      string
	Reference oci.Reference
	// Needs has the numbers of its parents in the project.
	Needs []int
	// Build, Verify and Release are the variables of its jobs. Verify is nil for an image without tests outside it, and Release for one
	// that is not released.
	Build, Verify, Release map[string]string
}

// platforms lists the platforms of an image for several; nil otherwise.
func (i Image) platforms() []string {
	if list := i.Build[schema.VarPlatforms]; list != "" {
		return strings.Split(list, ",")
	}
	return nil
}

// requiredTests returns the keys of the image's tests; see schema.RequiredTests. Invalid tests have no keys: the build job reports them.
func (i Image) requiredTests() string {
	var tests []schema.Test
	var checks schema.Checks
	_ = json.Unmarshal([]byte(i.Build[schema.VarTests]), &tests)
	_ = json.Unmarshal([]byte(i.Build[schema.VarChecks]), &checks)
	return schema.RequiredTests(tests, checks)
}

// Project is the project whose images are built.
type Project struct {
	// Images are sorted, parents first; the index of an image is its number.
	Images []Image
	// Variables returns the variables that every job has: GitLab's own, and those of this machine that a job would inherit. It is called
	// when a job runs.
	Variables func() map[string]string
	// IsPublished tells whether the references name a registry; otherwise they are names on this machine only.
	IsPublished bool
}

// Family tells for each image, by number, whether it is chosen or an ancestor of a chosen one.
func (p Project) Family(chosen []int) []bool {
	in := make([]bool, len(p.Images))
	for _, i := range chosen {
		in[i] = true
	}
	for i, image := range slices.Backward(p.Images) {
		for _, parent := range image.Needs {
			in[parent] = in[parent] || in[i]
		}
	}
	return in
}
