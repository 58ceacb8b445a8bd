package oci

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Publish pushes an image to a repository by its digest and sets no tag. Annotations are not part of Docker's manifests,
// https://distribution.github.io/distribution/spec/manifest-v2-2/, and the registry may limit the length of a manifest. So if the registry
// refuses the manifest, Publish pushes the image without its annotations.
func (c *Client) Publish(ctx context.Context, repo Repository, image Image) (Digest, error) {
	var refused *transport.Error
	digest, err := c.push(ctx, repo, mutate.Annotations(image.image, image.annotations).(v1.Image))
	if len(image.annotations) > 0 && errors.As(err, &refused) && refused.StatusCode == http.StatusBadRequest {
		digest, err = c.push(ctx, repo, image.image)
	}
	if err != nil {
		return Digest{}, c.explain("push", repo.At(digest), Credentials{}, err)
	}
	return digest, nil
}

// push returns the digest of the image also if the push fails.
func (c *Client) push(ctx context.Context, repo Repository, image v1.Image) (Digest, error) {
	hash, err := image.Digest()
	if err != nil {
		return Digest{}, err
	}
	digest := digestOf(hash)
	return digest, remote.Write(remoteReference(repo.At(digest)), image, c.options(ctx, repo, Credentials{}, nil)...)
}

// PublishIndex joins images of a repository, by platform, into an index and pushes it by its digest.
func (c *Client) PublishIndex(ctx context.Context, repo Repository, platforms []Platform) (Digest, error) {
	index := mutate.IndexMediaType(empty.Index, types.DockerManifestList)
	for _, platform := range platforms {
		ref := repo.At(platform.Digest)
		image, err := remote.Image(remoteReference(ref), c.options(ctx, repo, Credentials{}, manifestRequest(ref, "GET"))...)
		if err != nil {
			return Digest{}, c.explain("read", ref, Credentials{}, err)
		}
		parsed, err := v1.ParsePlatform(platform.Name)
		if err != nil {
			return Digest{}, fmt.Errorf("%q is not a platform: %w", platform.Name, err)
		}
		if mediaType, err := image.MediaType(); err == nil && mediaType == types.OCIManifestSchema1 {
			index = mutate.IndexMediaType(index, types.OCIImageIndex)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: parsed}})
	}
	hash, err := index.Digest()
	if err != nil {
		return Digest{}, fmt.Errorf("make the index: %w", err)
	}
	ref := repo.At(digestOf(hash))
	if err := remote.WriteIndex(remoteReference(ref), index, c.options(ctx, repo, Credentials{}, nil)...); err != nil {
		return Digest{}, c.explain("push", ref, Credentials{}, err)
	}
	return ref.Digest(), nil
}

// Platform is one image of an index.
type Platform struct {
	// Name is "os/arch" or "os/arch/variant".
	Name   string
	Digest Digest
}

// Tag sets a tag of the repository to the image with a digest.
func (c *Client) Tag(ctx context.Context, from Reference, tag schema.Tag, credentials Credentials) error {
	options := c.options(ctx, from.Repository(), credentials, manifestRequest(from, "GET"))
	descriptor, err := remote.Get(remoteReference(from), options...)
	if err != nil {
		return c.explain("read", from, credentials, err)
	}
	if err := remote.Tag(remoteRepository(from.Repository()).Tag(tag.String()), descriptor, options...); err != nil {
		return c.explain("tag", from.Repository().Tag(tag), credentials, err)
	}
	return nil
}
