package job

import (
	"context"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// mirrors are repositories that hold what a registry has, by the registry.
type mirrors map[string]string

// maxRetries bounds how often a package manager is asked again: the pauses grow.
const maxRetries = 10

func (r *reader) mirrors() mirrors {
	found := mirrors{}
	for _, entry := range r.list(schema.VarRegistryMirrors) {
		registry, mirror, ok := strings.Cut(entry, "=")
		if _, err := oci.ParseRepository(mirror + "/x"); !ok || registry == "" || err != nil {
			r.fail("%s has %q: an entry is registry=mirror, such as docker.io=registry.example.org/docker-hub", schema.VarRegistryMirrors, entry)
			continue
		}
		found[registry] = strings.TrimSuffix(mirror, "/")
	}
	return found
}

// mirrored finds a parent on the mirror of its registry. One that has nothing or does not answer is passed over; the log
// says so, since what a mirror was taken for is what the image's labels name.
func (b *builder) mirrored(ctx context.Context, p *parent) (oci.Digest, bool) {
	repository := p.Reference.Repository()
	mirror, ok := b.job.Mirrors[repository.Registry()]
	if !ok {
		return oci.Digest{}, false
	}
	rest := strings.TrimPrefix(p.Reference.String(), repository.Registry()+"/")
	reference, err := oci.ParseReference(mirror + "/" + rest)
	if err == nil {
		var digest oci.Digest
		if digest, err = b.Registry.Resolve(ctx, reference); err == nil {
			p.Place = reference.Repository()
			b.logf("Take %s from the mirror %s.", p.Reference, p.Place)
			return digest, true
		}
	}
	b.logf("Warning: the mirror of %s is passed over: %v.", repository.Registry(), err)
	return oci.Digest{}, false
}
