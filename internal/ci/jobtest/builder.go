package jobtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
)

// Builder is a builder for tests. It writes an image of one layer more than its base has to the folder, as buildah does.
type Builder struct {
	t *testing.T
	// Images are those that it may build on, by digest.
	Images map[string]v1.Image
	// Labels are those that the Containerfile sets, and Begins is the digest of the image that it begins with.
	Labels map[string]string
	Begins string
	Built  []buildah.Image
	Err    error
	// Packages is the content of dpkg's list of installed packages, which the new layer has.
	Packages string
	// Step is written to the history of the built image, and Env to its configuration.
	Step string
	Env  []string
	// Loaded are the images that tests ran in before they were pushed, by their ids; Subjects are those of all tests.
	Loaded   []string
	Subjects []buildah.Subject
	Trials   []buildah.Trial
	// OnTry is called before a test runs; it may be nil.
	OnTry func()
	// OnBuild sees the context of a Containerfile.
	OnBuild func(folder string)
}

// Build writes an image.
func (f *Builder) Build(_ context.Context, image buildah.Image, folder string) error {
	f.Built = append(f.Built, image)
	if f.Err != nil {
		return f.Err
	}
	if f.OnBuild != nil {
		f.OnBuild(image.Containerfile.Context)
	}
	base := empty.Image
	if image.Base != "" {
		_, digest, _ := strings.Cut(image.Base, "@")
		base = f.Images[digest]
	} else if f.Begins != "" {
		base = f.Images[f.Begins]
	}
	made, err := mutate.AppendLayers(base, someLayer(f.Packages))
	Check(f.t, err)
	config, err := made.ConfigFile()
	Check(f.t, err)
	config = config.DeepCopy()
	if f.Step != "" {
		config.History = append(config.History, v1.History{CreatedBy: f.Step})
	}
	config.Config.Env = append(config.Config.Env, f.Env...)
	for label, value := range f.Labels {
		config.Config.Labels[label] = value
	}
	made, err = mutate.ConfigFile(made, config)
	Check(f.t, err)
	writeFolder(f.t, made, folder)
	return nil
}

// Load reads the id of an image in a folder, as buildah does.
func (f *Builder) Load(_ context.Context, folder string) (buildah.Subject, func(), error) {
	content, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	Check(f.t, err)
	manifest, err := v1.ParseManifest(bytes.NewReader(content))
	Check(f.t, err)
	config, err := os.ReadFile(filepath.Join(folder, manifest.Config.Digest.Hex))
	Check(f.t, err)
	if hash, _, err := v1.SHA256(bytes.NewReader(config)); err != nil || hash != manifest.Config.Digest {
		f.t.Errorf("the configuration is %s and not %s (%v)", hash, manifest.Config.Digest, err)
	}
	for _, layer := range manifest.Layers {
		content, err := os.ReadFile(filepath.Join(folder, layer.Digest.Hex))
		Check(f.t, err)
		if hash, _, err := v1.SHA256(bytes.NewReader(content)); err != nil || hash != layer.Digest || int64(len(content)) != layer.Size {
			f.t.Errorf("a layer is %s and not %s (%v)", hash, layer.Digest, err)
		}
	}
	id := manifest.Config.Digest.Hex
	f.Loaded = append(f.Loaded, id)
	return buildah.Subject{ID: id}, func() { f.Loaded = slices.DeleteFunc(f.Loaded, func(other string) bool { return other == id }) }, nil
}

// Try runs the snippet of a test on this machine, with none of its variables.
func (f *Builder) Try(ctx context.Context, image buildah.Subject, trial buildah.Trial) (status int, output string, err error) {
	if f.OnTry != nil {
		f.OnTry()
	}
	f.Subjects, f.Trials = append(f.Subjects, image), append(f.Trials, trial)
	limited, stop := context.WithTimeoutCause(ctx, trial.Limit, buildah.ErrTooLong)
	defer stop()
	return buildah.RunOutside(limited, trial.Folder, nil, io.Discard, trial.Script, "")
}

// writeFolder writes an image in the layout of "dir:", uncompressed.
func writeFolder(t *testing.T, image v1.Image, folder string) {
	t.Helper()
	Check(t, os.MkdirAll(folder, 0o755))
	write := func(name string, content []byte) { Check(t, os.WriteFile(filepath.Join(folder, name), content, 0o644)) }
	config, err := image.RawConfigFile()
	Check(t, err)
	hash, err := image.ConfigName()
	Check(t, err)
	write(hash.Hex, config)
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: "application/vnd.docker.distribution.manifest.v2+json", Config: v1.Descriptor{Digest: hash, Size: int64(len(config))}}
	layers, err := image.Layers()
	Check(t, err)
	for _, layer := range layers {
		id, err := layer.DiffID()
		Check(t, err)
		reader, err := layer.Uncompressed()
		Check(t, err)
		var content bytes.Buffer
		_, err = content.ReadFrom(reader)
		Check(t, err)
		write(id.Hex, content.Bytes())
		manifest.Layers = append(manifest.Layers, v1.Descriptor{Digest: id, Size: int64(content.Len())})
	}
	encoded, err := json.Marshal(manifest)
	Check(t, err)
	write("manifest.json", encoded)
}
