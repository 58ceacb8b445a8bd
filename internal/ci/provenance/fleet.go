package provenance

import (
	"context"

	"gitlab.com/stemma-ci/stemma/internal/ci/wave"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Registry has the images of a wave.
type Registry interface {
	Look(ctx context.Context, at oci.Reference, platform string) (oci.Found, error)
	Resolve(ctx context.Context, at oci.Reference) (oci.Digest, error)
}

// Fleet gives waves access to the registries. It looks up each image once.
type Fleet struct {
	registry Registry
	digests  map[string]oci.Digest
	images   map[string]oci.Found
}

// NewFleet returns a Fleet that has looked up nothing yet.
func NewFleet(registry Registry) *Fleet {
	return &Fleet{registry: registry, digests: map[string]oci.Digest{}, images: map[string]oci.Found{}}
}

// Digest implements wave.Fleet.
func (f *Fleet) Digest(ctx context.Context, reference string) (string, error) {
	if found, ok := f.images[reference]; ok {
		return found.Digest.String(), nil
	}
	if digest, ok := f.digests[reference]; ok {
		return digest.String(), nil
	}
	parsed, err := oci.ParseReference(reference)
	if err != nil {
		return "", err
	}
	digest, err := f.registry.Resolve(ctx, parsed)
	if err == nil {
		f.digests[reference] = digest
	}
	return digest.String(), err
}

// Image implements wave.Fleet.
func (f *Fleet) Image(ctx context.Context, reference string) (wave.Image, error) {
	found, err := f.look(ctx, reference)
	if err != nil {
		return wave.Image{}, err
	}
	return f.Whole(ctx, found), nil
}

func (f *Fleet) look(ctx context.Context, reference string) (oci.Found, error) {
	if found, ok := f.images[reference]; ok {
		return found, nil
	}
	parsed, err := oci.ParseReference(reference)
	if err != nil {
		return oci.Found{}, err
	}
	found, err := f.registry.Look(ctx, parsed, "")
	if err == nil {
		f.images[reference] = found
	}
	return found, err
}

// Whole returns the facts about an image from its labels. The labels of one platform name parents of that platform. If such a parent belongs
// to the parent's current index, Whole replaces it by the index.
func (f *Fleet) Whole(ctx context.Context, found oci.Found) wave.Image {
	image := Self(found)
	for i, parent := range image.Parents {
		if !parent.Sibling || found.Platforms == nil {
			continue
		}
		above, err := f.look(ctx, parent.Reference)
		if err != nil {
			continue
		}
		for _, digest := range above.Platforms {
			if digest.String() == parent.Digest {
				image.Parents[i].Digest = above.Digest.String()
			}
		}
	}
	return image
}

// Self reads the labels of an image. It ignores invalid labels.
func Self(found oci.Found) wave.Image {
	labels := found.Labels
	image := wave.Image{Digest: found.Digest.String(), Project: labels[schema.LabelProject]}
	if name, err := wave.NameOf(image.Project, labels[schema.LabelImage]); err == nil {
		image.Name = name
	}
	if id, err := wave.ParseID(labels[schema.LabelWave]); err == nil {
		image.Wave = id
	}
	if image.Wave.IsZero() {
		image.Wave = wave.Begin(labels[schema.LabelPipelineID])
	}
	image.Created = Created(labels)
	for _, p := range Parents(labels) {
		image.Parents = append(image.Parents, wave.Parent{Reference: p.Reference, Digest: p.Digest, Sibling: p.Name != ""})
	}
	image.Dependents = list[string](labels[schema.LabelDependents])
	return image
}
