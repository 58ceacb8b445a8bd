package oci

import (
	"context"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Copy copies an image or an index to another repository by its digest, without a tag. It skips layers that the target has, and mounts layers
// on the same registry. The log tells if the registry refuses to mount them, and they are streamed.
func (c *Client) Copy(ctx context.Context, from Reference, to Repository, credentials Credentials, log io.Writer) error {
	return c.CopyOnto(ctx, from, nil, to, credentials, log)
}

// CopyTag copies the image of a tag to another repository, and sets the same tag there. The error is ErrNotFound if the tag does not exist.
func (c *Client) CopyTag(ctx context.Context, from Reference, to Repository, log io.Writer) error {
	digest, err := c.Resolve(ctx, from)
	if err != nil {
		return err
	}
	if err := c.Copy(ctx, from.Repository().At(digest), to, Credentials{}, log); err != nil {
		return err
	}
	return c.Tag(ctx, to.At(digest), from.Tag(), Credentials{})
}

// CopyOnto is Copy from another registry. The target's registry has parents of the image, whose layers are mounted from there. A parent that
// cannot be read is ignored.
func (c *Client) CopyOnto(ctx context.Context, from Reference, parents []Reference, to Repository, credentials Credentials, log io.Writer) error {
	descriptor, err := c.get(ctx, from, Credentials{})
	if err != nil {
		return c.explain("read", from, Credentials{}, err)
	}
	counter := &mountCounter{base: c.config.Transport}
	writer := *c
	writer.config.Transport = counter
	target := to.At(digestOf(descriptor.Digest))
	push := pusher{to: to, places: c.layersOf(ctx, parents), options: writer.options(ctx, to, credentials, nil)}
	if descriptor.MediaType.IsIndex() {
		var index v1.ImageIndex
		if index, err = descriptor.ImageIndex(); err == nil {
			err = push.index(index, target)
		}
	} else {
		var image v1.Image
		if image, err = descriptor.Image(); err == nil {
			err = push.image(image, target)
		}
	}
	if err != nil {
		return c.explain("copy "+from.String()+" to", target, credentials, err)
	}
	counter.report(log)
	return nil
}

// layersOf returns the layers of images, each with a repository that has it.
func (c *Client) layersOf(ctx context.Context, images []Reference) map[v1.Hash]name.Reference {
	places := map[v1.Hash]name.Reference{}
	for _, ref := range images {
		descriptor, err := c.get(ctx, ref, Credentials{})
		if err != nil {
			continue
		}
		for _, image := range imagesOf(descriptor) {
			manifest, err := image.Manifest()
			if err != nil {
				continue
			}
			for _, layer := range manifest.Layers {
				places[layer.Digest] = remoteReference(ref)
			}
		}
	}
	return places
}

// imagesOf returns the images of a descriptor: itself, or those of an index.
func imagesOf(descriptor *remote.Descriptor) []v1.Image {
	if !descriptor.MediaType.IsIndex() {
		image, err := descriptor.Image()
		if err != nil {
			return nil
		}
		return []v1.Image{image}
	}
	index, entries, err := openIndex(descriptor)
	if err != nil {
		return nil
	}
	var images []v1.Image
	for _, entry := range entries {
		if image, err := index.Image(entry.Digest); err == nil {
			images = append(images, image)
		}
	}
	return images
}

// pusher writes images. It may mount their layers from other repositories than it reads them from.
type pusher struct {
	to      Repository
	places  map[v1.Hash]name.Reference
	options []remote.Option
}

func (p pusher) image(image v1.Image, target Reference) error {
	if len(p.places) > 0 {
		image = placed{image, p.places}
	}
	return remote.Write(remoteReference(target), image, p.options...)
}

// index writes the images of an index before the index itself.
func (p pusher) index(index v1.ImageIndex, target Reference) error {
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, entry := range manifest.Manifests {
		if len(p.places) == 0 || !entry.MediaType.IsImage() {
			continue
		}
		image, err := index.Image(entry.Digest)
		if err == nil {
			err = p.image(image, p.to.At(digestOf(entry.Digest)))
		}
		if err != nil {
			return err
		}
	}
	return remote.WriteIndex(remoteReference(target), index, p.options...)
}

// placed is an image with other repositories that have its layers.
type placed struct {
	v1.Image
	places map[v1.Hash]name.Reference
}

// Layers implements v1.Image.
func (p placed) Layers() ([]v1.Layer, error) {
	layers, err := p.Image.Layers()
	for i, layer := range layers {
		digest, err := layer.Digest()
		if err != nil {
			return nil, err
		}
		place, ok := p.places[digest]
		if !ok {
			continue
		}
		if mountable, ok := layer.(*remote.MountableLayer); ok {
			layer = mountable.Layer
		}
		layers[i] = &remote.MountableLayer{Layer: layer, Reference: place}
	}
	return layers, err
}
