package definition

import (
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pattern"
)

// Base is the base of an image: one of Image, Outside and Project is set, or none.
type Base struct {
	// Image is the name of an image of the project.
	Image string
	// Outside is any reference.
	Outside Reference
	// Project is an image of another project.
	Project ProjectImage
	Span    diagnostic.Span
}

func (b Base) isNone() bool { return b.Image == "" && b.Outside.text == "" && b.Project.Path == "" }

// ProjectImage is an image of another project; the zero ProjectImage is none.
type ProjectImage struct {
	// Path is the project's path on GitLab.
	Path  string `yaml:"project"`
	Image string `yaml:"image"`
	// Tag is Latest by default.
	Tag Tag `yaml:"tag"`
	// Pin tells whether the lock pins it.
	Pin bool `yaml:"pin"`
}

// Reference is a valid reference of an image: a repository with a tag, a digest, both or neither.
type Reference struct{ text string }

// referencePattern follows the grammar of https://github.com/distribution/reference.
var referencePattern = pattern.Lazy(`^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`)

// ParseReference parses a reference.
func ParseReference(text string) (Reference, error) {
	if len(text) > 512 || !referencePattern().MatchString(text) {
		return Reference{}, fmt.Errorf("%s is not a reference: write registry/repository:tag, the repository in lower case, or repository@sha256:… with 64 hex digits", diagnostic.Quote(text))
	}
	return Reference{text}, nil
}

// String returns the reference as the definition has it; the zero Reference is empty.
func (r Reference) String() string { return r.text }

// Digest returns the digest of the reference, or nothing.
func (r Reference) Digest() string {
	_, digest, _ := strings.Cut(r.text, "@")
	return digest
}

// NamesOutside reports whether a base can only be a reference and not an image of the project: it has a tag, a digest,
// or a first segment that is a registry.
func NamesOutside(text string) bool {
	first, rest, isPath := strings.Cut(text, "/")
	if isPath && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return true
	}
	return strings.ContainsAny(text, "@:") || strings.Contains(rest, ":")
}

// Tag is a tag that a registry accepts; the zero Tag is none.
type Tag struct{ text string }

// Latest is the moving tag of the newest release.
var Latest = Tag{"latest"}

// ParseTag parses a tag.
func ParseTag(text string) (Tag, error) {
	if !isTag(text) {
		return Tag{}, fmt.Errorf("%s is not a tag: a tag has letters, digits, '_', '.' and '-', at most 128 of them, and does not begin with '.' or '-'", diagnostic.Quote(text))
	}
	return Tag{text}, nil
}

// maxTag is the maximum length of a tag, https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests.
const maxTag = 128

func isTag(text string) bool {
	if text == "" || len(text) > maxTag || text[0] == '.' || text[0] == '-' {
		return false
	}
	for _, r := range text {
		isLetter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !isLetter && r != '_' && r != '.' && r != '-' {
			return false
		}
	}
	return true
}

// String returns the tag's text.
func (t Tag) String() string { return t.text }
