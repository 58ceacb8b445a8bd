package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is an image that is ready to be pushed.
type Image struct{ image v1.Image }

// Assembly says how an image is made from what a builder left.
type Assembly struct {
	// Folder is what a builder wrote to "dir:": a manifest, a configuration, and uncompressed layers, which are called by
	// the digest of what they hold.
	Folder string
	// Parents are images whose layers are taken over as they are, so that a child begins with exactly its parent's.
	Parents []Reference
	// Platform chooses the image of a parent that is an index; the configuration's own when empty.
	Platform string
	// DropLabels are prefixes of labels that are dropped where a parent has the same: they are not true of this image.
	// Labels are set.
	DropLabels []string
	Labels     map[string]string
	Created    time.Time
	// Compression is how new layers are compressed.
	Compression Compression
}

// Assemble makes the image.
func (c *Client) Assemble(ctx context.Context, a Assembly) (Image, error) {
	source, config, err := readFolder(a.Folder)
	if err != nil {
		return Image{}, fmt.Errorf("read what the builder left: %w", err)
	}
	known, err := c.inherited(ctx, a, config)
	if err != nil {
		return Image{}, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.DockerManifestSchema2), types.DockerConfigJSON)
	layerType := types.DockerLayer
	if strings.Contains(string(source.MediaType), "oci") {
		image = mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
		layerType = types.OCILayer
	}
	layers := make([]mutate.Addendum, len(source.Layers))
	for i, descriptor := range source.Layers {
		layer, ok := known.layers[descriptor.Digest]
		if !ok {
			layer, err = tarball.LayerFromFile(filepath.Join(a.Folder, descriptor.Digest.Hex), a.Compression.options(layerType)...)
		}
		if err != nil {
			return Image{}, fmt.Errorf("read layer %d that the builder left: %w", i+1, err)
		}
		layers[i] = mutate.Addendum{Layer: layer, MediaType: a.Compression.mediaType(layerType, ok)}
	}
	if image, err = mutate.Append(image, layers...); err == nil {
		image, err = mutate.ConfigFile(image, relabel(config, a, known.labels))
	}
	if err != nil {
		return Image{}, fmt.Errorf("assemble the image: %w", err)
	}
	return Image{image}, nil
}

// readFolder reads the manifest and configuration of a "dir:" folder.
func readFolder(folder string) (*v1.Manifest, *v1.ConfigFile, error) {
	source, err := os.Open(filepath.Join(folder, "manifest.json"))
	if err != nil {
		return nil, nil, err
	}
	defer source.Close()
	manifest, err := v1.ParseManifest(source)
	if err != nil {
		return nil, nil, err
	}
	blob, err := os.ReadFile(filepath.Join(folder, manifest.Config.Digest.Hex))
	if err != nil {
		return nil, nil, err
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(blob, &config); err != nil {
		return nil, nil, err
	}
	if len(manifest.Layers) != len(config.RootFS.DiffIDs) {
		return nil, nil, errors.New("the manifest and the configuration name different layers")
	}
	for i, layer := range manifest.Layers {
		if _, err := os.Stat(filepath.Join(folder, layer.Digest.Hex)); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("layer %d is missing", i+1)
		}
	}
	return manifest, &config, nil
}

// heritage is what an image may have from its parents.
type heritage struct {
	// layers are by the digest of their content.
	layers map[v1.Hash]v1.Layer
	labels []map[string]string
}

func (c *Client) inherited(ctx context.Context, a Assembly, config *v1.ConfigFile) (heritage, error) {
	platform := v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}
	if parsed, err := v1.ParsePlatform(a.Platform); err == nil && a.Platform != "" {
		platform = *parsed
	}
	known := heritage{layers: map[v1.Hash]v1.Layer{}}
	for _, parent := range a.Parents {
		options := append(c.options(ctx, parent.repo, Credentials{}, manifestRequest(parent, "GET")), remote.WithPlatform(platform))
		image, err := remote.Image(parent.remote(), options...)
		if err == nil {
			err = known.add(image)
		}
		if err != nil {
			return heritage{}, c.explain("read", parent, Credentials{}, err)
		}
	}
	return known, nil
}

func (h *heritage) add(parent v1.Image) error {
	layers, err := parent.Layers()
	if err != nil {
		return err
	}
	config, err := parent.ConfigFile()
	if err != nil {
		return err
	}
	h.labels = append(h.labels, config.Config.Labels)
	if len(layers) != len(config.RootFS.DiffIDs) {
		return errors.New("its manifest and its configuration name different layers")
	}
	for i, content := range config.RootFS.DiffIDs {
		h.layers[content] = layers[i]
	}
	return nil
}

// relabel returns the configuration with the labels that are true of this image.
func relabel(config *v1.ConfigFile, a Assembly, parents []map[string]string) *v1.ConfigFile {
	config = config.DeepCopy()
	maps.DeleteFunc(config.Config.Labels, func(label, value string) bool {
		isReserved := slices.ContainsFunc(a.DropLabels, func(prefix string) bool { return strings.HasPrefix(label, prefix) })
		return isReserved && slices.ContainsFunc(parents, func(labels map[string]string) bool { return labels[label] == value })
	})
	if config.Config.Labels == nil {
		config.Config.Labels = map[string]string{}
	}
	maps.Copy(config.Config.Labels, a.Labels)
	config.Created = v1.Time{Time: a.Created}
	return config
}
