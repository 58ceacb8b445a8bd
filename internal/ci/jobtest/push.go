package jobtest

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
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
	image, err := mutate.Config(someImage(s.T), v1.Config{Labels: labels})
	Check(s.T, err)
	ref, err := name.ParseReference(s.Registry.Host + "/" + reference)
	Check(s.T, err)
	Check(s.T, remote.Write(ref, image))
	hash, err := image.Digest()
	Check(s.T, err)
	s.Registry.Requests()
	s.Builder.Images[hash.String()] = image
	return hash.String()
}

// someImage is an image that no other is equal to. Its layer is not compressed, which would take most of the time of a test.
func someImage(t *testing.T) v1.Image {
	t.Helper()
	return Must(mutate.AppendLayers(empty.Image, someLayer("")))
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
	Check(s.T, remote.Write(Must(name.ParseReference(s.Registry.Host+"/"+reference)), image))
	hash, err := image.Digest()
	Check(s.T, err)
	s.Builder.Images[hash.String()] = image
	s.Registry.Requests()
	return hash.String()
}

// PushIndex pushes an index of images with the right inputs, and returns its digest.
func (s *Scene) PushIndex(reference string, platforms ...string) string {
	s.Helper()
	index := mutate.IndexMediaType(empty.Index, types.DockerManifestList)
	for _, platform := range platforms {
		image, err := mutate.Config(someImage(s.T), v1.Config{Labels: map[string]string{schema.LabelInputs: Inputs}})
		Check(s.T, err)
		parsed, err := v1.ParsePlatform(platform)
		Check(s.T, err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: parsed}})
	}
	Check(s.T, remote.WriteIndex(Must(name.ParseReference(s.Registry.Host+"/"+reference)), index))
	hash, err := index.Digest()
	Check(s.T, err)
	s.Registry.Requests()
	return hash.String()
}

// PushParts pushes an index of images of the repository, by platform, and returns its digest.
func (s *Scene) PushParts(digests map[string]string) string {
	s.Helper()
	var index v1.ImageIndex = empty.Index
	for platform, digest := range digests {
		parsed, err := v1.ParsePlatform(platform)
		Check(s.T, err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: s.Builder.Images[digest], Descriptor: v1.Descriptor{Platform: parsed}})
	}
	ref, err := name.ParseReference(s.Registry.Host + "/" + Own + ":index")
	Check(s.T, err)
	Check(s.T, remote.WriteIndex(ref, index))
	hash, err := index.Digest()
	Check(s.T, err)
	s.Registry.Requests()
	return hash.String()
}
