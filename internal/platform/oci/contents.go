package oci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
)

// Contents is a single image whose layers can be read.
type Contents struct {
	// Reference has the digest of the image; of an index it is that of the chosen image.
	Reference Reference
	// Platform is "os/arch" or "os/arch/variant".
	Platform string
	// Layers are in order, the lowest first.
	Layers []Layer
	// Settings are those of its containers.
	Settings Settings

	client *Client
	image  v1.Image
}

// Settings are how the containers of an image start, and its labels.
type Settings struct {
	User, Workdir string
	// Entrypoint and Command are the program and its arguments.
	Entrypoint, Command []string
	// Env has variables as NAME=value.
	Env    []string
	Labels map[string]string
}

// Contents opens an image to read its layers. It sends two requests, and one more for an index. Of an index it takes the image for the
// platform; if that is empty, the one for Linux on this machine's processor, or else the first. The error is ErrNotFound if there is no such
// image.
func (c *Client) Contents(ctx context.Context, ref Reference, platform string) (Contents, error) {
	descriptor, err := c.get(ctx, ref, Credentials{})
	if err != nil {
		return Contents{}, c.explain("look up", ref, Credentials{}, err)
	}
	image, err := choose(descriptor, platform)
	if err != nil {
		return Contents{}, c.explain("read", ref, Credentials{}, err)
	}
	contents := Contents{client: c, image: image}
	err = contents.describe(ref)
	if isSingle := !descriptor.MediaType.IsIndex(); err == nil && isSingle && platform != "" && !isFor(contents.Platform, platform) {
		err = fmt.Errorf("it is for %s, not for %s", contents.Platform, platform)
	}
	if err != nil {
		return Contents{}, c.explain("read", ref, Credentials{}, err)
	}
	return contents, nil
}

// choose returns the image of a descriptor for a platform.
func choose(descriptor *remote.Descriptor, platform string) (v1.Image, error) {
	switch {
	case descriptor.MediaType.IsSchema1():
		return nil, errors.New("its manifest has Docker's schema 1, which stemma does not read: push the image again with a newer program")
	case !descriptor.MediaType.IsIndex():
		return descriptor.Image()
	}
	index, entries, err := openIndex(descriptor)
	if err != nil {
		return nil, err
	}
	entry, err := entryFor(entries, platform)
	if err != nil {
		return nil, err
	}
	return index.Image(entry)
}

// entryFor returns the digest of the image for a platform. Entries for the platform "unknown" are attestations:
// https://docs.docker.com/build/metadata/attestations/attestation-storage/.
func entryFor(entries []v1.Descriptor, platform string) (v1.Hash, error) {
	wanted := platform
	if platform == "" {
		wanted = "linux/" + runtime.GOARCH
	}
	var names []string
	var first v1.Hash
	for _, entry := range entries {
		if !entry.MediaType.IsImage() || entry.Platform == nil || entry.Platform.OS == "unknown" {
			continue
		}
		name := platformName(*entry.Platform)
		if isFor(name, wanted) {
			return entry.Digest, nil
		}
		if len(names) == 0 {
			first = entry.Digest
		}
		names = append(names, name)
	}
	switch {
	case len(names) == 0:
		return v1.Hash{}, errors.New("its index names no image")
	case platform != "":
		return v1.Hash{}, fmt.Errorf("it has no image for %s, only for %s", platform, strings.Join(names, ", "))
	default:
		return first, nil
	}
}

// isFor reports whether the platform of an image is the wanted one. A wanted platform without a variant has all variants.
func isFor(platform, wanted string) bool {
	return platform == wanted || strings.HasPrefix(platform, wanted+"/")
}

// describe adds the facts of the manifest and the configuration. It fails for other artifacts, such as a Helm chart.
func (c *Contents) describe(ref Reference) error {
	manifest, err := c.image.Manifest()
	if err != nil {
		return err
	}
	if kind := manifest.Config.MediaType; kind != types.OCIConfigJSON && kind != types.DockerConfigJSON {
		return fmt.Errorf("it is not an image: its configuration has the type %q", kind)
	}
	config, err := c.image.ConfigFile()
	if err != nil {
		return err
	}
	c.Platform = platformName(v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant})
	set := config.Config
	c.Settings = Settings{set.User, set.WorkingDir, set.Entrypoint, set.Cmd, set.Env, set.Labels}
	digest, err := c.image.Digest()
	if err != nil {
		return err
	}
	c.Reference = ref.Repository().At(digestOf(digest))
	c.Layers = layersOf(manifest)
	for i, layer := range c.Layers {
		if kind := types.MediaType(layer.MediaType); !kind.IsLayer() {
			return fmt.Errorf("it is not an image: its layer %d has the type %q", i+1, kind)
		} else if !kind.IsDistributable() {
			return fmt.Errorf("its layer %d is not in the registry: it has the type %q", i+1, kind)
		}
	}
	return nil
}

// Layer calls a function with the compressed content of a layer, by its index, and again after the network failed. It fails if the content
// does not match the digest, even if the function reads only a part of it. The requests use the context of Contents.
func (c *Contents) Layer(ctx context.Context, i int, read func(io.Reader) error) error {
	var failed error
	_, err := c.client.retries().Run(ctx, func() network.Outcome {
		failed = c.readLayer(i, read)
		var failure *network.Failure
		if !errors.As(failed, &failure) {
			return network.Outcome{}
		}
		// A failure that has a number of tries is that of a request, which was repeated already.
		return network.Outcome{Again: failure.MayPass() && failure.Tries == 0, Wait: failure.Wait, IsTimeout: failure.IsTimeout()}
	})
	if err == nil {
		err = failed
	}
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		err = errors.New("the registry does not have it")
	}
	if err != nil {
		return c.client.explain(fmt.Sprintf("read layer %d (%s) of", i+1, c.Layers[i].Digest), c.Reference, Credentials{}, err)
	}
	return nil
}

// readLayer reads a layer once. Content that is damaged on its way is rarely what the function expects, so the cause is known at the end.
func (c *Contents) readLayer(i int, read func(io.Reader) error) error {
	layers, err := c.image.Layers()
	if err != nil {
		return err
	}
	content, err := layers[i].Compressed()
	if err != nil {
		return err
	}
	defer content.Close()
	unread := read(content)
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	return unread
}
