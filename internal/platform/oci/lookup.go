package oci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Found is an image in a registry.
type Found struct {
	Reference Reference
	Digest    Digest
	// Labels are those of the image; for an index, those of the image for the requested platform, or else of the first.
	Labels map[string]string
	// Platforms are the digests of an index by platform, "os/arch" or "os/arch/variant"; nil for a single image.
	Platforms map[string]Digest
	// Size is that of the compressed layers in bytes, and Annotations are those of the manifest; for an index, of the image with the labels.
	// Only Look and Open set them for an index.
	Size        int64
	Annotations map[string]string
}

// Look returns the image of a reference, with its labels. It sends two requests, and one more for an index. The error is ErrNotFound if there
// is none. The platform may be empty.
func (c *Client) Look(ctx context.Context, ref Reference, platform string) (Found, error) {
	manifest, err := c.Manifest(ctx, ref, Credentials{})
	if err == nil {
		manifest, err = c.Open(manifest, platform)
	}
	return manifest.Found, err
}

// image returns the image with the labels; nil for an empty index.
func (f *Found) image(descriptor *remote.Descriptor, platform string) (v1.Image, error) {
	if !descriptor.MediaType.IsIndex() {
		return descriptor.Image()
	}
	index, entries, err := openIndex(descriptor)
	if err != nil {
		return nil, err
	}
	f.Platforms = map[string]Digest{}
	var chosen *v1.Hash
	for i, entry := range entries {
		if entry.Platform == nil || entry.Platform.OS == "unknown" {
			continue
		}
		name := platformName(*entry.Platform)
		f.Platforms[name] = digestOf(entry.Digest)
		if chosen == nil || name == platform {
			chosen = &entries[i].Digest
		}
	}
	if chosen == nil {
		return nil, nil
	}
	return index.Image(*chosen)
}

// openIndex returns the index of a descriptor with its entries.
func openIndex(descriptor *remote.Descriptor) (v1.ImageIndex, []v1.Descriptor, error) {
	index, err := descriptor.ImageIndex()
	if err != nil {
		return nil, nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, nil, err
	}
	return index, manifest.Manifests, nil
}

func platformName(p v1.Platform) string {
	parts := []string{p.OS, p.Architecture}
	if p.Variant != "" {
		parts = append(parts, p.Variant)
	}
	return strings.Join(parts, "/")
}

// Resolve returns the digest of a reference, with one request. The error is ErrNotFound if there is none.
func (c *Client) Resolve(ctx context.Context, ref Reference) (Digest, error) {
	return c.ResolveWith(ctx, ref, Credentials{})
}

// ResolveWith is Resolve with other credentials; if empty, the client's.
func (c *Client) ResolveWith(ctx context.Context, ref Reference, credentials Credentials) (Digest, error) {
	if !ref.Digest().IsZero() {
		return ref.Digest(), nil
	}
	descriptor, err := c.head(ctx, ref, credentials)
	if err != nil {
		return Digest{}, c.explain("look up", ref, credentials, err)
	}
	return digestOf(descriptor.Digest), nil
}

// Has reports, with one request, whether a registry has the image of a pinned reference.
func (c *Client) Has(ctx context.Context, ref Reference) (bool, error) {
	_, err := c.head(ctx, ref, Credentials{})
	if err == nil {
		return true, nil
	}
	if err = c.explain("look up", ref, Credentials{}, err); IsNotFound(err) {
		return false, nil
	}
	return false, err
}

func (c *Client) get(ctx context.Context, ref Reference, credentials Credentials) (*remote.Descriptor, error) {
	return remote.Get(remoteReference(ref), c.options(ctx, ref.Repository(), credentials, manifestRequest(ref, http.MethodGet))...)
}

func (c *Client) head(ctx context.Context, ref Reference, credentials Credentials) (*v1.Descriptor, error) {
	return remote.Head(remoteReference(ref), c.options(ctx, ref.Repository(), credentials, manifestRequest(ref, http.MethodHead))...)
}

// manifestRequest is the first request of a lookup.
func manifestRequest(ref Reference, method string) *http.Request {
	last := ref.Tag().String()
	if !ref.Digest().IsZero() {
		last = ref.Digest().String()
	}
	accept := []string{
		string(types.DockerManifestSchema2), string(types.OCIManifestSchema1), string(types.DockerManifestList), string(types.OCIImageIndex),
	}
	repository := remoteRepository(ref.Repository())
	return &http.Request{
		Method: method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		URL:    &url.URL{Scheme: "https", Host: repository.RegistryStr(), Path: fmt.Sprintf("/v2/%s/manifests/%s", repository.RepositoryStr(), last)},
		Header: http.Header{"Accept": {strings.Join(accept, ",")}, "User-Agent": {"stemma"}},
	}
}

// IsNotFound reports whether an error says that a registry has no such image.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
