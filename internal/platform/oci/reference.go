// Package oci is a client of registries: it looks images up with as few requests as possible, and publishes them by digest before any tag
// moves.
package oci

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Repository is a repository of a registry.
type Repository struct{ repo name.Repository }

// ParseRepository reads "registry/path"; without a registry it is Docker Hub's.
func ParseRepository(text string) (Repository, error) {
	repo, err := name.NewRepository(text)
	if err != nil {
		return Repository{}, fmt.Errorf("%q is not a repository: write registry/path in lower case, without a tag", text)
	}
	return Repository{repo}, nil
}

// String returns "registry/path", with docker.io for Docker Hub.
func (r Repository) String() string {
	return strings.Replace(r.repo.Name(), "index.docker.io/", "docker.io/", 1)
}

// Registry returns the registry's host, with its port if it has one.
func (r Repository) Registry() string {
	return strings.Replace(r.repo.RegistryStr(), "index.docker.io", "docker.io", 1)
}

// Tag is a reference to a tag of the repository.
func (r Repository) Tag(tag string) Reference { return Reference{repo: r, tag: tag} }

// At is a reference to a digest in the repository.
func (r Repository) At(digest Digest) Reference { return Reference{repo: r, digest: digest} }

// Reference is a repository with a tag or a digest.
type Reference struct {
	repo   Repository
	tag    string
	digest Digest
}

// ParseReference reads "registry/path:tag" or "registry/path@sha256:…"; without either the tag is latest.
func ParseReference(text string) (Reference, error) {
	text, digest, pinned := strings.Cut(text, "@")
	tag, err := name.NewTag(text)
	if err != nil {
		return Reference{}, fmt.Errorf("%q is not a reference of an image: write registry/path:tag or registry/path@sha256:…", text)
	}
	if !pinned {
		return Repository{tag.Repository}.Tag(tag.TagStr()), nil
	}
	d, err := ParseDigest(digest)
	if err != nil {
		return Reference{}, err
	}
	return Repository{tag.Repository}.At(d), nil
}

// Repository returns the reference's repository.
func (r Reference) Repository() Repository { return r.repo }

// Digest returns the digest of a pinned reference; it is zero otherwise.
func (r Reference) Digest() Digest { return r.digest }

// Tag returns the reference's tag; it is empty for a pinned one.
func (r Reference) Tag() string { return r.tag }

// String returns the reference in the form that ParseReference reads.
func (r Reference) String() string {
	if !r.digest.IsZero() {
		return r.repo.String() + "@" + r.digest.String()
	}
	return r.repo.String() + ":" + r.tag
}

func (r Reference) remote() name.Reference {
	if !r.digest.IsZero() {
		return r.repo.repo.Digest(r.digest.String())
	}
	return r.repo.repo.Tag(r.tag)
}

// Digest is the digest of a manifest; the zero Digest is none.
type Digest struct{ hash v1.Hash }

// ParseDigest reads "sha256:" and 64 hex digits.
func ParseDigest(text string) (Digest, error) {
	hash, err := v1.NewHash(text)
	if err != nil || hash.Algorithm != "sha256" {
		return Digest{}, fmt.Errorf("%q is not a digest: write sha256: and 64 hex digits", text)
	}
	return Digest{hash}, nil
}

// IsZero reports whether there is no digest.
func (d Digest) IsZero() bool { return d.hash.Hex == "" }

// String returns "sha256:…", or nothing for the zero Digest.
func (d Digest) String() string {
	if d.IsZero() {
		return ""
	}
	return d.hash.String()
}

// NamesRegistry reports whether a reference names its registry: the first of several segments has a dot or a port, or is
// localhost.
func NamesRegistry(reference string) bool {
	first, _, isPath := strings.Cut(reference, "/")
	return isPath && (strings.ContainsAny(first, ".:") || first == "localhost")
}
