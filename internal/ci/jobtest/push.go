package jobtest

import (
	"archive/tar"
	"bytes"
	"crypto/rand"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Push puts an image of one layer with labels under a reference below the registry, and returns its digest.
func (s *Scene) Push(reference string, labels map[string]string) string {
	s.Helper()
	return s.PushImage(reference, someImage(labels))
}

// someImage is an image that no other is equal to. Its layer is not compressed, which would take most of the time of a test.
func someImage(labels map[string]string) v1.Image {
	return Must(mutate.Config(Must(mutate.AppendLayers(empty.Image, someLayer(""))), v1.Config{Labels: labels}))
}

// someLayer is a layer that no other is equal to. It has the status of dpkg, if that is not empty.
func someLayer(status string) v1.Layer {
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	for name, text := range map[string]string{"random": rand.Text(), "var/lib/dpkg/status": status} {
		if text == "" {
			continue
		}
		_, err := Must(archive, archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644})).Write([]byte(text))
		Must(archive, err)
	}
	Must(archive, archive.Close())
	return static.NewLayer(content.Bytes(), types.DockerLayer)
}

// PushImage pushes an image under a reference below the registry, and returns its digest.
func (s *Scene) PushImage(reference string, image v1.Image) string {
	s.Helper()
	Check(s.T, remote.Write(s.reference(reference), image))
	digest := Must(image.Digest()).String()
	s.Builder.Images[digest] = image
	s.Registry.Requests()
	return digest
}

// PushIndex pushes an index of images with the right inputs, and returns its digest.
func (s *Scene) PushIndex(reference string, platforms ...string) string {
	s.Helper()
	index := mutate.IndexMediaType(empty.Index, types.DockerManifestList)
	for _, platform := range platforms {
		index = withPart(index, platform, someImage(map[string]string{schema.LabelInputs: Inputs}))
	}
	return s.pushIndex(reference, index)
}

// PushParts pushes an index of images of the repository, by platform, and returns its digest.
func (s *Scene) PushParts(digests map[string]string) string {
	s.Helper()
	var index v1.ImageIndex = empty.Index
	for platform, digest := range digests {
		index = withPart(index, platform, s.Builder.Images[digest])
	}
	return s.pushIndex(Own+":index", index)
}

func withPart(index v1.ImageIndex, platform string, image v1.Image) v1.ImageIndex {
	return mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: Must(v1.ParsePlatform(platform))}})
}

func (s *Scene) pushIndex(reference string, index v1.ImageIndex) string {
	s.Helper()
	Check(s.T, remote.WriteIndex(s.reference(reference), index))
	s.Registry.Requests()
	return Must(index.Digest()).String()
}
