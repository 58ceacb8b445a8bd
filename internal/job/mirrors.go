package job

import (
	"context"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// mirrors are repositories that hold what a registry, or one repository of it, has, by its name.
type mirrors map[string]string

// maxRetries bounds how often a package manager is asked again: the pauses grow.
const maxRetries = 10

func (r *reader) mirrors() mirrors {
	found := mirrors{}
	for _, variable := range []string{schema.VarRegistryMirrors, schema.VarMirrored} {
		for _, entry := range r.list(variable) {
			origin, mirror, ok := strings.Cut(entry, "=")
			if _, err := oci.ParseRepository(strings.ToLower(mirror) + "/x"); !ok || origin == "" || err != nil {
				r.fail("%s has %q: an entry is registry=mirror, such as docker.io=registry.example.org/docker-hub", variable, entry)
				continue
			}
			found[origin] = strings.ToLower(strings.TrimSuffix(mirror, "/"))
		}
	}
	return found
}

// at is where a mirror has what a reference names; ok says whether there is a mirror for it.
func (m mirrors) at(reference oci.Reference) (mirror string, ok bool) {
	repository := reference.Repository().String()
	if mirror, ok = m[repository]; ok {
		return mirror + strings.TrimPrefix(reference.String(), repository), true
	}
	registry := reference.Repository().Registry()
	if mirror, ok = m[registry]; ok {
		return mirror + strings.TrimPrefix(reference.String(), registry), true
	}
	return "", false
}

// mirrored finds a parent on a mirror. One that has nothing or does not answer is passed over; the log says so, since what a
// mirror was taken for is what the image's labels name.
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
			b.logf("Take %s from the mirror %s.", p.Reference, p.Place)
			return digest, true
		}
	}
	b.logf("Warning: the mirror %s is passed over: %v.", mirror, err)
	return oci.Digest{}, false
}

// onMirror is the digest that a mirror has for a reference; one that is pinned must be there.
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
