// Package oci is a client of registries: it looks images up with as few requests as possible, and publishes them by digest before any tag
// moves.
package oci

import (
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gitlab.com/stemma-ci/stemma/schema"
)

type (
	// Repository is a repository of a registry.
	Repository = schema.Repository
	// Reference is a repository with a tag or a digest.
	Reference = schema.Reference
	// Digest is the digest of a manifest or blob; the zero Digest is none.
	Digest = schema.Digest
)

// ParseDigest reads "sha256:" and 64 hex digits.
func ParseDigest(text string) (Digest, error) { return schema.ParseDigest(text) }

// ParseRepository reads "registry/path" and makes it explicit: without a registry it is Docker Hub's.
func ParseRepository(text string) (Repository, error) {
	repository, err := schema.ParseRepository(text)
	if err != nil {
		return Repository{}, err
	}
	return repository.Explicit(), nil
}

// ParseReference reads a reference and makes it explicit: it has either a digest or a tag, which is latest where neither is written.
func ParseReference(text string) (Reference, error) {
	reference, err := schema.ParseReference(text)
	if err != nil {
		return Reference{}, err
	}
	return reference.Explicit(), nil
}

// remoteRepository converts a repository for go-containerregistry, which takes every repository of our grammar.
func remoteRepository(r Repository) name.Repository {
	r = r.Explicit()
	registry, _ := name.NewRegistry(r.Registry())
	return registry.Repo(r.Path())
}

// remoteReference converts a reference for go-containerregistry.
func remoteReference(r Reference) name.Reference {
	r = r.Explicit()
	repository := remoteRepository(r.Repository())
	if !r.Digest().IsZero() {
		return repository.Digest(r.Digest().String())
	}
	return repository.Tag(r.Tag().String())
}

// digestOf converts go-containerregistry's digest. One that is not SHA-256 is none.
func digestOf(h v1.Hash) Digest {
	digest, _ := schema.ParseDigest(h.String())
	return digest
}
