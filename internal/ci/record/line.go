package record

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Line is a sequence of releases in which one follows the other: those from the default branch, from one other branch, or for one git
// tag. The zero Line is that of the default branch.
type Line struct{ suffix string }

// LineOf is the line of a pipeline by GitLab's variables CI_COMMIT_TAG, CI_COMMIT_BRANCH and CI_DEFAULT_BRANCH, each of which may be empty.
func LineOf(gitTag, branch, preset string) Line {
	switch {
	case gitTag != "":
		return Line{"-" + asTag(gitTag)}
	case branch == preset, branch == "", preset == "":
		return Line{}
	default:
		return Line{"-" + asTag(branch)}
	}
}

// maxRef is how much of the name of a git tag or branch is part of a tag.
const maxRef = 80

// asTag is the name of a git tag or branch as a part of a tag. A name that had to change ends in a hash of it, so that no two are the same.
func asTag(ref string) string {
	written := schema.TagOf(ref).String()
	if written == ref && len(ref) <= maxRef {
		return ref
	}
	sum := sha256.Sum256([]byte(ref))
	return written[:min(len(written), maxRef)] + "-" + hex.EncodeToString(sum[:8])
}

// Releases is where a repository has the record of the line's releases.
func (l Line) Releases(repository oci.Repository) oci.Reference {
	return repository.Tag(schema.TagOf(schema.TagReleases + l.suffix))
}

// Poked is where a repository has the record of the pokes about them.
func (l Line) Poked(repository oci.Repository) oci.Reference {
	return repository.Tag(schema.TagOf(schema.TagPoked + l.suffix))
}

// IsRecord reports whether a tag is that of a record, so that no release may set it.
func IsRecord(tag string) bool {
	return strings.HasPrefix(tag, schema.TagReleases) || strings.HasPrefix(tag, schema.TagPoked)
}
