package schema

import (
	"fmt"
	"strings"
)

// Reference names an image: a repository with a tag, a digest, both or neither. It follows the grammar of
// https://github.com/distribution/reference, except that digests are SHA-256 and a registry is no IPv6 address.
type Reference struct {
	repository Repository
	tag        Tag
	digest     Digest
}

// maxReference is the maximum length of a reference, in bytes.
const maxReference = 512

// ParseReference reads a reference. String returns the same text.
func ParseReference(text string) (Reference, error) {
	named, digest, hasDigest := strings.Cut(text, "@")
	path, tag, hasTag := cutTag(named)
	repository, err := ParseRepository(path)
	if err != nil || len(text) > maxReference {
		return Reference{}, fmt.Errorf("%.60q is not a reference: write registry/repository:tag, the repository in lower case, or repository@sha256:… with 64 hex digits", text)
	}
	r := Reference{repository: repository}
	if hasTag {
		if r.tag, err = ParseTag(tag); err != nil {
			return Reference{}, err
		}
	}
	if hasDigest {
		if r.digest, err = ParseDigest(digest); err != nil {
			return Reference{}, err
		}
	}
	return r, nil
}

// cutTag separates the tag from a repository, whose registry may have a port.
func cutTag(text string) (repository, tag string, hasTag bool) {
	if i := strings.LastIndexByte(text, ':'); i > strings.LastIndexByte(text, '/') {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}

// IsZero reports whether there is no reference.
func (r Reference) IsZero() bool { return r == Reference{} }

// Repository returns the repository.
func (r Reference) Repository() Repository { return r.repository }

// Tag returns the tag, which may be none.
func (r Reference) Tag() Tag { return r.tag }

// Digest returns the digest, which may be none.
func (r Reference) Digest() Digest { return r.digest }

// String returns the reference as it was written.
func (r Reference) String() string {
	text := r.repository.String()
	if !r.tag.IsZero() {
		text += ":" + r.tag.text
	}
	if !r.digest.IsZero() {
		text += "@" + r.digest.String()
	}
	return text
}

// MarshalText returns the same text as String.
func (r Reference) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a reference as ParseReference does.
func (r *Reference) UnmarshalText(text []byte) (err error) {
	*r, err = ParseReference(string(text))
	return err
}

// Tagged returns the reference without its digest.
func (r Reference) Tagged() Reference { return Reference{repository: r.repository, tag: r.tag} }

// Explicit returns the one reference that all ways to write it mean to a registry: the repository in full, and the digest, or else the tag,
// which is latest where none is written.
func (r Reference) Explicit() Reference {
	repository := r.repository.Explicit()
	switch {
	case !r.digest.IsZero():
		return repository.At(r.digest)
	case r.tag.IsZero():
		return repository.Tag(Latest)
	default:
		return repository.Tag(r.tag)
	}
}
