package oci_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// The folder that tests run from has the configuration that is pushed, also where the image has one layer twice.
func TestWriteFolderHasThePushedConfiguration(t *testing.T) {
	t.Parallel()
	for kind, mediaType := range map[string]types.MediaType{"docker": types.DockerManifestSchema2, "oci": types.OCIManifestSchema1} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			registry := ocitest.New(t)
			client, err := oci.NewClient(oci.Config{Backoff: time.Millisecond})
			check(t, err)
			made, err := client.Assemble(t.Context(), oci.Assembly{Folder: built(t, mediaType), Labels: map[string]string{"tested": "key", "own": "x"}})
			check(t, err)
			check(t, made.WriteFolder(filepath.Join(t.TempDir(), "tested")))
			made, err = made.WithAnnotation("list", "of packages").WithoutLabel("tested")
			check(t, err)
			folder := filepath.Join(t.TempDir(), "untested")
			check(t, made.WriteFolder(folder))

			repository, err := oci.ParseRepository(registry.Host + "/a/b")
			check(t, err)
			digest, err := client.Publish(t.Context(), repository, made)
			check(t, err)
			found, err := client.Look(t.Context(), repository.At(digest), "")
			check(t, err)
			if _, ok := found.Labels["tested"]; ok || found.Labels["own"] != "x" {
				t.Errorf("the labels are %v", found.Labels)
			}
			if diff := cmp.Diff(map[string]string{"list": "of packages"}, found.Annotations); diff != "" {
				t.Errorf("the annotations are (-want +got)\n%s", diff)
			}
			listed, err := client.Layers(t.Context(), repository.At(digest), "")
			check(t, err)
			if layers, err := made.Layers(); err != nil || len(layers) != 2 || layers[0] != listed[0] || layers[1] != listed[1] {
				t.Errorf("the image has %v (%v), the registry %v", layers, err, listed)
			}
			content, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
			check(t, err)
			manifest, err := v1.ParseManifest(bytes.NewReader(content))
			check(t, err)
			if manifest.MediaType != mediaType || len(manifest.Layers) != 2 {
				t.Errorf("the manifest is %s", content)
			}
			config, err := os.ReadFile(filepath.Join(folder, manifest.Config.Digest.Hex))
			check(t, err)
			at, err := name.NewDigest(repository.At(digest).String())
			check(t, err)
			pushed, err := remote.Image(at)
			check(t, err)
			if want, err := pushed.RawConfigFile(); err != nil || !bytes.Equal(config, want) {
				t.Errorf("the folder has the configuration %s, the registry %s (%v)", config, want, err)
			}
		})
	}
}

func TestLayersOfABuiltImage(t *testing.T) {
	t.Parallel()
	client, err := oci.NewClient(oci.Config{})
	check(t, err)
	folder := built(t, types.DockerManifestSchema2)
	made, err := client.Assemble(t.Context(), oci.Assembly{Folder: folder})
	check(t, err)
	var file string
	for i := range 2 {
		check(t, made.Layer(t.Context(), i, func(content io.Reader) error {
			hash, _, err := v1.SHA256(content)
			file = filepath.Join(folder, hash.Hex)
			return err
		}))
		if _, err := os.Stat(file); err != nil {
			t.Errorf("layer %d is not in the folder: %v", i+1, err)
		}
	}
	check(t, os.Remove(file))
	if err := made.Layer(t.Context(), 1, nil); err == nil || !strings.HasPrefix(err.Error(), "read layer 2 of the built image: ") {
		t.Errorf("got %v for a layer that is gone", err)
	}
}

// built is a folder with an image of one layer twice, in the layout of "dir:".
func built(t *testing.T, mediaType types.MediaType) string {
	t.Helper()
	layer, err := random.Layer(64, types.DockerUncompressedLayer)
	check(t, err)
	image, err := mutate.AppendLayers(empty.Image, layer, layer)
	check(t, err)
	raw, err := image.RawConfigFile()
	check(t, err)
	id, err := image.ConfigName()
	check(t, err)
	content, err := layer.DiffID()
	check(t, err)
	stream, err := layer.Uncompressed()
	check(t, err)
	bytes, err := io.ReadAll(stream)
	check(t, err)
	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: mediaType, Config: v1.Descriptor{Digest: id}, Layers: []v1.Descriptor{{Digest: content}, {Digest: content}},
	})
	check(t, err)
	folder := t.TempDir()
	for file, bytes := range map[string][]byte{"manifest.json": manifest, id.Hex: raw, content.Hex: bytes} {
		check(t, os.WriteFile(filepath.Join(folder, file), bytes, 0o600))
	}
	return folder
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
