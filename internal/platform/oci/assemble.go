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
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is an image that is ready to be pushed.
type Image struct {
	image v1.Image
	// folder has the files that it was assembled from.
	folder string
	// annotations are those of its manifest.
	annotations map[string]string
}

// Assembly describes how to make an image from a builder's output.
type Assembly struct {
	// Folder is a builder's "dir:" output: a manifest, a configuration, and uncompressed layers, each named after the digest of its
	// content.
	Folder string
	// Parents are images whose layers are reused unchanged, so that a child begins with exactly its parent's layers.
	Parents []Parent
	// Platform chooses the image of a parent that is an index; the configuration's own when empty.
	Platform string
	// OwnLabels are prefixes of labels to drop. InheritedLabels are prefixes of labels to drop if a parent has the same value: they
	// describe the parent. Labels are set.
	OwnLabels, InheritedLabels []string
	Labels                     map[string]string
	// Env has environment variables by name. Their values are literal: `buildah config --env` would expand a dollar sign.
	Env     map[string]string
	Created time.Time
	// Hidden is a text to remove from the history of the image; it may be empty.
	Hidden string
	// Compression is how new layers are compressed.
	Compression Compression
}

// Parent is an image that another is made from.
type Parent struct {
	// Reference is pinned by digest.
	Reference Reference
	// BaseLabels are set on the image if this parent has the most layers among those with whose layers the image begins.
	BaseLabels map[string]string
	// IsBase requires that the image begins with the parent's layers.
	IsBase bool
}

// Assemble makes the image. It fails if the image does not begin with the layers of its base.
func (c *Client) Assemble(ctx context.Context, a Assembly) (Image, error) {
	source, config, err := readFolder(a.Folder)
	if err != nil {
		return Image{}, fmt.Errorf("read the builder's output: %w", err)
	}
	known, err := c.readParents(ctx, a, config)
	if err != nil {
		return Image{}, err
	}
	if err := a.checkBase(known, config.RootFS.DiffIDs); err != nil {
		return Image{}, err
	}
	isOCI := strings.Contains(string(source.MediaType), "oci") || known.needOCI(config)
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.DockerManifestSchema2), types.DockerConfigJSON)
	if isOCI {
		image = mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	}
	layers := make([]mutate.Addendum, len(source.Layers))
	for i, descriptor := range source.Layers {
		if layers[i], err = a.layer(known, descriptor.Digest, isOCI); err != nil {
			return Image{}, fmt.Errorf("read layer %d of the builder's output: %w", i+1, err)
		}
	}
	if image, err = mutate.Append(image, layers...); err == nil {
		image, err = mutate.ConfigFile(image, a.configure(config, known))
	}
	if err != nil {
		return Image{}, fmt.Errorf("assemble the image: %w", err)
	}
	return Image{image: image, folder: a.Folder}, nil
}

// layer returns a parent's layer unchanged, or a new one.
func (a Assembly) layer(known inheritance, content v1.Hash, isOCI bool) (mutate.Addendum, error) {
	layer, ok := known.layers[content]
	if !ok {
		mediaType := a.Compression.mediaType(isOCI)
		made, err := a.Compression.compress(filepath.Join(a.Folder, content.Hex), content, mediaType)
		return mutate.Addendum{Layer: made, MediaType: mediaType}, err
	}
	mediaType, err := layer.MediaType()
	return mutate.Addendum{Layer: layer, MediaType: translated(mediaType, isOCI)}, err
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

// inheritance has the layers and labels that an image may inherit from its parents.
type inheritance struct {
	// layers are keyed by the digest of their content.
	layers map[v1.Hash]v1.Layer
	// contents are the digests of each parent's layers, and labels each parent's labels.
	contents [][]v1.Hash
	labels   []map[string]string
}

func (c *Client) readParents(ctx context.Context, a Assembly, config *v1.ConfigFile) (inheritance, error) {
	platform := v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}
	if parsed, err := v1.ParsePlatform(a.Platform); err == nil && a.Platform != "" {
		platform = *parsed
	}
	known := inheritance{layers: map[v1.Hash]v1.Layer{}}
	for _, parent := range a.Parents {
		ref := parent.Reference
		options := append(c.options(ctx, ref.Repository(), Credentials{}, manifestRequest(ref, "GET")), remote.WithPlatform(platform))
		image, err := remote.Image(remoteReference(ref), options...)
		if err == nil {
			err = known.add(image)
		}
		if err != nil {
			return inheritance{}, c.explain("read", ref, Credentials{}, err)
		}
	}
	return known, nil
}

func (h *inheritance) add(parent v1.Image) error {
	layers, err := parent.Layers()
	if err != nil {
		return err
	}
	config, err := parent.ConfigFile()
	if err != nil {
		return err
	}
	h.labels, h.contents = append(h.labels, config.Config.Labels), append(h.contents, config.RootFS.DiffIDs)
	if len(layers) != len(config.RootFS.DiffIDs) {
		return errors.New("its manifest and its configuration name different layers")
	}
	for i, content := range config.RootFS.DiffIDs {
		h.layers[content] = layers[i]
	}
	return nil
}

// needOCI reports whether an image has a parent's layer whose media type Docker's manifests do not have.
func (h inheritance) needOCI(config *v1.ConfigFile) bool {
	return slices.ContainsFunc(config.RootFS.DiffIDs, func(content v1.Hash) bool {
		layer, ok := h.layers[content]
		if !ok {
			return false
		}
		mediaType, err := layer.MediaType()
		return err == nil && mediaType == types.OCILayerZStd
	})
}

// checkBase compares the builder's base with the expected one: a mirror in the builder's configuration may have another image.
func (a Assembly) checkBase(known inheritance, contents []v1.Hash) error {
	for i, parent := range a.Parents {
		want := known.contents[i]
		if parent.IsBase && !beginsWith(contents, want) {
			return fmt.Errorf("the builder used another base than %s: the image does not begin with its layers; see whether a mirror is configured for its registry", parent.Reference)
		}
	}
	return nil
}

func beginsWith(contents, first []v1.Hash) bool {
	return len(first) <= len(contents) && slices.Equal(first, contents[:len(first)])
}

// base is the index of the parent with whose layers an image begins; -1 if there is none.
func (h inheritance) base(contents []v1.Hash) int {
	base, most := -1, 0
	for i, parent := range h.contents {
		if len(parent) > most && beginsWith(contents, parent) {
			base, most = i, len(parent)
		}
	}
	return base
}

// configure returns the configuration with the environment and labels of this image, and a history without the hidden text.
func (a Assembly) configure(config *v1.ConfigFile, known inheritance) *v1.ConfigFile {
	config = config.DeepCopy()
	config.Config.Env = a.environment(config.Config.Env)
	config.Config.Labels = a.labels(config, known)
	config.Created = v1.Time{Time: a.Created}
	for i, step := range config.History {
		if a.Hidden != "" {
			config.History[i].CreatedBy = strings.ReplaceAll(step.CreatedBy, a.Hidden, "…")
		}
	}
	return config
}

// environment returns the builder's variables, "NAME=value", with those of the assembly.
func (a Assembly) environment(built []string) []string {
	env := slices.DeleteFunc(built, func(assignment string) bool {
		name, _, _ := strings.Cut(assignment, "=")
		_, isSet := a.Env[name]
		return isSet
	})
	for _, name := range slices.Sorted(maps.Keys(a.Env)) {
		env = append(env, name+"="+a.Env[name])
	}
	return env
}

// labels returns the labels that are true of this image.
func (a Assembly) labels(config *v1.ConfigFile, known inheritance) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, config.Config.Labels)
	maps.DeleteFunc(labels, func(label, value string) bool {
		isParents := slices.ContainsFunc(known.labels, func(of map[string]string) bool { return of[label] == value })
		return hasPrefix(label, a.OwnLabels) || isParents && hasPrefix(label, a.InheritedLabels)
	})
	maps.Copy(labels, a.Labels)
	if base := known.base(config.RootFS.DiffIDs); base >= 0 {
		maps.Copy(labels, a.Parents[base].BaseLabels)
	}
	return labels
}

func hasPrefix(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
}
