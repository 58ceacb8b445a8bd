// Package local does on one machine, with the commands of jobs, what a pipeline does with a project's images: it builds and tests
// them in their order, publishes what passed, and removes what is old. Images are kept in a store until they are published.
package local

import (
	"encoding/json"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Image is an image of a project, with all that its jobs are told.
type Image struct {
	// Name is that in the definition, and Reference where the image belongs, with the tag of this run.
	Name      string
	Reference oci.Reference
	// Needs are the numbers of the images of the project that it is built from.
	Needs []int
	// Build, Verify and Release are the variables of its jobs. Verify is nil for an image without tests beside it, and Release for
	// one that is released nowhere.
	Build, Verify, Release map[string]string
}

// platforms are those of an image for several; nil otherwise.
func (i Image) platforms() []string {
	if list := i.Build[schema.VarPlatforms]; list != "" {
		return strings.Split(list, ",")
	}
	return nil
}

// requiredTests are the keys of the image's tests; see schema.RequiredTests. Tests that cannot be read have none: the build job says what is
// wrong with them.
func (i Image) requiredTests() string {
	var tests []schema.Test
	var checks schema.Checks
	_ = json.Unmarshal([]byte(i.Build[schema.VarTests]), &tests)
	_ = json.Unmarshal([]byte(i.Build[schema.VarChecks]), &checks)
	return schema.RequiredTests(tests, checks)
}

// Project is what is built: images, and where they belong.
type Project struct {
	// Images stand behind those that they need; their places are their numbers.
	Images []Image
	// Variables are those that every job has: GitLab's own, and those of this machine that a job would inherit. It is called when
	// a job runs.
	Variables func() map[string]string
	// IsPublished says that there is a registry to ask; otherwise the references are this machine's alone.
	IsPublished bool
}

// Family are the chosen images and all that they are built from, by number.
func (p Project) Family(chosen []int) []bool {
	in := make([]bool, len(p.Images))
	next := append([]int{}, chosen...)
	for len(next) > 0 {
		last := next[len(next)-1]
		next = next[:len(next)-1]
		if !in[last] {
			in[last] = true
			next = append(next, p.Images[last].Needs...)
		}
	}
	return in
}
