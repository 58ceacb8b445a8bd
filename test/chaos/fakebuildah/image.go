package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image is a configuration, byte for byte, and the layers, uncompressed.
type image struct {
	config []byte
	layers [][]byte
}

// pullLimit is how long a pull may take. buildah has no limit, and a job that waits for it ends at its own timeout.
const pullLimit = 20 * time.Second

// readImage reads an image from a registry or a folder.
func readImage(reference, platform string) (image, error) {
	if folder, ok := strings.CutPrefix(reference, "dir:"); ok {
		return readFolder(folder)
	}
	ref, err := name.ParseReference(strings.TrimPrefix(reference, "docker://"))
	if err != nil {
		return image{}, err
	}
	ctx, stop := context.WithTimeout(context.Background(), pullLimit)
	defer stop()
	options := []remote.Option{remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithContext(ctx)}
	if platform != "" {
		parsed, err := v1.ParsePlatform(platform)
		if err != nil {
			return image{}, err
		}
		options = append(options, remote.WithPlatform(*parsed))
	}
	pulled, err := remote.Image(ref, options...)
	if err != nil {
		return image{}, fmt.Errorf("reading manifest of %s: %w", ref, err)
	}
	var out image
	if out.config, err = pulled.RawConfigFile(); err != nil {
		return image{}, err
	}
	layers, err := pulled.Layers()
	if err != nil {
		return image{}, err
	}
	for _, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			return image{}, fmt.Errorf("reading a blob of %s: %w", ref, err)
		}
		read, err := io.ReadAll(content)
		if err != nil {
			return image{}, fmt.Errorf("reading a blob of %s: %w", ref, err)
		}
		out.layers = append(out.layers, read)
	}
	return out, nil
}

// readFolder reads what writeFolder writes, and layers that are compressed.
func readFolder(folder string) (image, error) {
	content, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		return image{}, err
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(content))
	if err != nil {
		return image{}, err
	}
	var out image
	if out.config, err = os.ReadFile(filepath.Join(folder, manifest.Config.Digest.Hex)); err != nil {
		return image{}, err
	}
	for _, layer := range manifest.Layers {
		content, err := os.ReadFile(filepath.Join(folder, layer.Digest.Hex))
		if err != nil {
			return image{}, err
		}
		if unzip, err := gzip.NewReader(bytes.NewReader(content)); err == nil {
			if content, err = io.ReadAll(unzip); err != nil {
				return image{}, err
			}
		}
		out.layers = append(out.layers, content)
	}
	return out, nil
}

// writeFolder writes the image in the layout of "dir:",
// https://github.com/containers/image/blob/main/docs/containers-transports.5.md, with uncompressed layers.
func (i image) writeFolder(folder string, isOCI bool) error {
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.DockerManifestSchema2, Config: v1.Descriptor{MediaType: types.DockerConfigJSON}}
	layerType := types.DockerUncompressedLayer
	if isOCI {
		manifest.MediaType, manifest.Config.MediaType, layerType = types.OCIManifestSchema1, types.OCIConfigJSON, types.OCIUncompressedLayer
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var err error
	if manifest.Config, err = writeBlob(folder, i.config, manifest.Config.MediaType); err != nil {
		return err
	}
	for _, layer := range i.layers {
		written, err := writeBlob(folder, layer, layerType)
		if err != nil {
			return err
		}
		manifest.Layers = append(manifest.Layers, written)
	}
	encoded, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "version"), []byte("Directory Transport Version: 1.1\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "manifest.json"), encoded, 0o644)
}

func writeBlob(folder string, content []byte, mediaType types.MediaType) (v1.Descriptor, error) {
	digest := digestOf(content)
	err := os.WriteFile(filepath.Join(folder, digest.Hex), content, 0o644)
	return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: int64(len(content))}, err
}

func digestOf(content []byte) v1.Hash {
	sum := sha256.Sum256(content)
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

// configure changes the configuration.
func (i *image) configure(change func(*v1.ConfigFile)) error {
	var config v1.ConfigFile
	if err := json.Unmarshal(i.config, &config); err != nil {
		return err
	}
	change(&config)
	var err error
	i.config, err = json.Marshal(config)
	return err
}

// add adds a layer with files, and with one more that no other build has: builds are not reproducible.
func (i *image) add(files map[string][]byte, step string) error {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // which does not fail
	var layer bytes.Buffer
	writer := tar.NewWriter(&layer)
	for path, content := range files {
		if err := addFile(writer, path, content); err != nil {
			return err
		}
	}
	if err := addFile(writer, "built", []byte(hex.EncodeToString(nonce))); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	i.layers = append(i.layers, layer.Bytes())
	return i.configure(func(config *v1.ConfigFile) {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digestOf(layer.Bytes()))
		config.History = append(config.History, v1.History{CreatedBy: step})
	})
}

func addFile(writer *tar.Writer, path string, content []byte) error {
	if err := writer.WriteHeader(&tar.Header{Name: strings.TrimPrefix(path, "/"), Mode: 0o644, Size: int64(len(content))}); err != nil {
		return err
	}
	_, err := writer.Write(content)
	return err
}
