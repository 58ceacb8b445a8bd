package oci

import (
	"context"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Manifest has the facts about an image that one request tells.
type Manifest struct {
	Found
	// Layers are those of a single image, in order; nil for an index.
	Layers []Layer

	credentials Credentials
	descriptor  *remote.Descriptor
}

// Manifest returns the manifest of a reference, with one request. Empty credentials mean the client's. The error is ErrNotFound if there is
// none.
func (c *Client) Manifest(ctx context.Context, ref Reference, credentials Credentials) (Manifest, error) {
	descriptor, err := c.get(ctx, ref, credentials)
	if err != nil {
		return Manifest{}, c.explain("look up", ref, credentials, err)
	}
	m := Manifest{Found: Found{Reference: ref, Digest: digestOf(descriptor.Digest)}, credentials: credentials, descriptor: descriptor}
	if descriptor.MediaType.IsIndex() {
		return m, nil
	}
	image, err := descriptor.Image()
	if err == nil {
		err = m.read(image)
	}
	if err != nil {
		return Manifest{}, c.explain("read", ref, credentials, err)
	}
	return m, nil
}

// Open adds the labels of one image, and its layers if they are unknown. It sends one request, and two for an index, of which it reads the
// image for the platform, or else the first. The requests use the context of the manifest's request.
func (c *Client) Open(m Manifest, platform string) (Manifest, error) {
	image, err := m.image(m.descriptor, platform)
	if err != nil {
		return Manifest{}, c.explain("read", m.Reference, m.credentials, err)
	}
	if image == nil {
		return m, nil
	}
	config, err := image.ConfigFile()
	if err == nil {
		m.Labels = config.Config.Labels
		err = m.read(image)
	}
	if err != nil {
		return Manifest{}, c.explain("read the configuration of", m.Reference, m.credentials, err)
	}
	return m, nil
}

// IsIndex reports whether it is an index of images for several platforms.
func (m Manifest) IsIndex() bool { return m.descriptor != nil && m.descriptor.MediaType.IsIndex() }

// BeginsWith reports whether the first layers are those of another image.
func (m Manifest) BeginsWith(base Manifest) bool {
	isSame := func(a, b Layer) bool { return a.Digest == b.Digest }
	return len(m.Layers) >= len(base.Layers) && slices.EqualFunc(m.Layers[:len(base.Layers)], base.Layers, isSame)
}

// read takes over what the manifest of an image tells.
func (m *Manifest) read(image v1.Image) error {
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	m.Annotations, m.Layers = manifest.Annotations, layersOf(manifest)
	m.Size = Size(m.Layers)
	return nil
}

// Layer is a layer as a manifest lists it. Size is that of the compressed layer in bytes.
type Layer struct {
	Digest    Digest
	Size      int64
	MediaType string
}

// Layers returns the layers of an image, for an index those of the image for the platform, or else the first: one request, and one
// more for an index.
func (c *Client) Layers(ctx context.Context, ref Reference, platform string) ([]Layer, error) {
	m, err := c.Manifest(ctx, ref, Credentials{})
	if err != nil {
		return nil, err
	}
	if !m.IsIndex() {
		return m.Layers, nil
	}
	image, err := m.image(m.descriptor, platform)
	if err == nil && image != nil {
		err = m.read(image)
	}
	if err != nil {
		return nil, c.explain("read", ref, Credentials{}, err)
	}
	return m.Layers, nil
}

// Size is that of the compressed layers together, in bytes. Those of other programs' manifests may be negative, which counts as nothing.
func Size(layers []Layer) (size int64) {
	for _, layer := range layers {
		size += max(0, layer.Size)
	}
	return size
}

func layersOf(manifest *v1.Manifest) []Layer {
	layers := make([]Layer, len(manifest.Layers))
	for i, layer := range manifest.Layers {
		layers[i] = Layer{Digest: digestOf(layer.Digest), Size: layer.Size, MediaType: string(layer.MediaType)}
	}
	return layers
}
