package definition

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Base is the base of an image: one of Image, Outside and Project is set, or none.
type Base struct {
	// Image is the name of an image of the project.
	Image string
	// Outside is any reference.
	Outside schema.Reference
	// Project is an image of another project.
	Project ProjectImage
	Span    diagnostic.Span
}

func (b Base) isNone() bool { return b.Image == "" && b.Outside.IsZero() && b.Project.Path == "" }

// ProjectImage is an image of another project; the zero ProjectImage is none.
type ProjectImage struct {
	// Path is the project's path on GitLab.
	Path  string `yaml:"project"`
	Image string `yaml:"image"`
	// Tag is schema.Latest by default.
	Tag schema.Tag `yaml:"tag"`
	// Pin tells whether the lock pins it.
	Pin bool `yaml:"pin"`
}

// NamesOutside reports whether a base can only be a reference and not an image of the project: it has a tag, a digest,
// or a first segment that is a registry.
func NamesOutside(text string) bool {
	return schema.NamesRegistry(text) || strings.ContainsAny(text, "@:")
}
