package build

import (
	"cmp"
	"context"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// maxRetries limits the retries of a package manager: the pauses grow.
const maxRetries = 10

// mirrors map registries to their mirrors.
type mirrors struct {
	// places are the mirrors of a registry, or of one repository of it, by its name.
	places map[string]string
	// copies are the project's own copies of images.
	copies map[oci.Reference]oci.Reference
}

func (r reader) mirrors() mirrors {
	found := mirrors{places: map[string]string{}, copies: map[oci.Reference]oci.Reference{}}
	for _, entry := range r.List(schema.VarRegistryMirrors) {
		origin, mirror, ok := strings.Cut(entry, "=")
		if _, err := oci.ParseRepository(strings.ToLower(mirror) + "/x"); !ok || origin == "" || err != nil {
			r.Fail("%s has %q: an entry is registry=mirror, such as docker.io=registry.example.org/docker-hub", schema.VarRegistryMirrors, entry)
			continue
		}
		found.places[origin] = strings.ToLower(strings.TrimSuffix(mirror, "/"))
	}
	for _, entry := range r.List(schema.VarMirrored) {
		of, written, _ := strings.Cut(entry, "=")
		original, err := oci.ParseReference(of)
		place, notPlace := oci.ParseReference(lowerRepository(written))
		if err := cmp.Or(err, notPlace); err != nil {
			r.Fail("%s has %q: an entry is image=copy: %w", schema.VarMirrored, entry, err)
			continue
		}
		if digest := original.Digest(); !digest.IsZero() {
			place = place.Repository().At(digest)
		}
		found.copies[original] = place
	}
	return found
}

// lowerRepository is a reference with its repository in lower case, as registries require it.
func lowerRepository(reference string) string {
	tag := max(strings.LastIndexByte(reference, ':'), 0)
	return strings.ToLower(reference[:tag]) + reference[tag:]
}

// at is the place of a reference on a mirror; ok says whether there is a mirror for it.
func (m mirrors) at(reference oci.Reference) (mirror string, ok bool) {
	if place, ok := m.copies[reference]; ok {
		return place.String(), true
	}
	for _, name := range []string{reference.Repository().String(), reference.Repository().Registry()} {
		if mirror, ok := m.places[name]; ok {
			return mirror + strings.TrimPrefix(reference.String(), name), true
		}
	}
	return "", false
}

// mirrored finds a parent on a mirror. It skips mirrors that do not have the parent or do not answer, and logs that: the image's labels name
// the original.
func (b *builder) mirrored(ctx context.Context, p *parent) (oci.Digest, bool) {
	mirror, ok := b.job.Mirrors.at(p.Reference)
	if !ok {
		return oci.Digest{}, false
	}
	reference, err := oci.ParseReference(mirror)
	if err == nil {
		var digest oci.Digest
		if digest, err = b.onMirror(ctx, reference); err == nil {
			p.Place = reference.Repository()
			b.Log.Printf("Take %s from the mirror %s.", p.Reference, p.Place)
			return digest, true
		}
	}
	b.Log.Printf("Warning: the mirror %s is passed over: %v.", mirror, err)
	return oci.Digest{}, false
}

// onMirror is the digest of a reference on a mirror. It fails if the mirror does not have the pinned image.
func (b *builder) onMirror(ctx context.Context, reference oci.Reference) (oci.Digest, error) {
	if reference.Digest().IsZero() {
		return b.Registry.Resolve(ctx, reference)
	}
	has, err := b.Registry.Has(ctx, reference)
	if err == nil && !has {
		err = oci.ErrNotFound
	}
	return reference.Digest(), err
}
