package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Layers returns the layers of the image as they will be pushed.
func (i Image) Layers() ([]Layer, error) {
	manifest, err := i.image.Manifest()
	if err != nil {
		return nil, fmt.Errorf("read the built image: %w", err)
	}
	return layersOf(manifest), nil
}

// WithoutLabel returns the same image without a label. It does not compress the layers again.
func (i Image) WithoutLabel(label string) (Image, error) {
	config, err := i.image.ConfigFile()
	if err != nil {
		return Image{}, fmt.Errorf("read the built image: %w", err)
	}
	config = config.DeepCopy()
	delete(config.Config.Labels, label)
	changed, err := mutate.ConfigFile(i.image, config)
	if err != nil {
		return Image{}, fmt.Errorf("remove the label %s: %w", label, err)
	}
	return Image{changed, i.folder, i.annotations}, nil
}

// WithAnnotation returns the same image with an annotation of its manifest. The configuration stays the same.
func (i Image) WithAnnotation(name, value string) Image {
	i.annotations = maps.Clone(i.annotations)
	if i.annotations == nil {
		i.annotations = map[string]string{}
	}
	i.annotations[name] = value
	return i
}

// Layer calls a function with the uncompressed content of a layer, by its index in order, the lowest first. It reads the builder's output. The
// content is an io.ReadSeeker.
func (i Image) Layer(_ context.Context, index int, read func(io.Reader) error) error {
	config, err := i.image.ConfigFile()
	if err != nil {
		return fmt.Errorf("read the built image: %w", err)
	}
	file, err := os.Open(filepath.Join(i.folder, config.RootFS.DiffIDs[index].Hex))
	if err == nil {
		defer file.Close()
		err = read(file)
	}
	if err != nil {
		return fmt.Errorf("read layer %d of the built image: %w", index+1, err)
	}
	return nil
}

// WriteFolder writes the image to a new folder in the layout of "dir:", with the configuration that is pushed and uncompressed layers, so
// that a container of it starts without a registry. An image has its configuration's digest as its id, so the id is that of the pushed
// image. The folder must be on the file system of Assembly.Folder: both share the layers.
func (i Image) WriteFolder(folder string) error {
	if err := i.writeFolder(folder); err != nil {
		return fmt.Errorf("write the image for its tests: %w", err)
	}
	return nil
}

func (i Image) writeFolder(folder string) error {
	manifest, err := i.image.Manifest()
	if err != nil {
		return err
	}
	configuration, err := i.image.RawConfigFile()
	if err != nil {
		return err
	}
	config, err := i.image.ConfigFile()
	if err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	written := v1.Manifest{SchemaVersion: manifest.SchemaVersion, MediaType: manifest.MediaType, Config: manifest.Config}
	for _, content := range config.RootFS.DiffIDs {
		layer, err := i.shareLayer(folder, content)
		if err != nil {
			return err
		}
		layer.MediaType = uncompressed(manifest.MediaType)
		written.Layers = append(written.Layers, layer)
	}
	encoded, err := json.Marshal(written)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, manifest.Config.Digest.Hex), configuration, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "manifest.json"), encoded, 0o600)
}

// shareLayer links a layer of the builder's output into a folder. An image may have the same layer twice.
func (i Image) shareLayer(folder string, content v1.Hash) (v1.Descriptor, error) {
	source := filepath.Join(i.folder, content.Hex)
	info, err := os.Stat(source)
	if err != nil {
		return v1.Descriptor{}, err
	}
	if err := os.Link(source, filepath.Join(folder, content.Hex)); err != nil && !errors.Is(err, fs.ErrExist) {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{Digest: content, Size: info.Size()}, nil
}

// uncompressed is the media type of an uncompressed layer in manifests of a kind.
func uncompressed(manifest types.MediaType) types.MediaType {
	if manifest == types.OCIManifestSchema1 {
		return types.OCIUncompressedLayer
	}
	return types.DockerUncompressedLayer
}
