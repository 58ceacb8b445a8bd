package oci_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// imageFor has two layers, and is for a platform.
func imageFor(t *testing.T, os, architecture string) v1.Image {
	t.Helper()
	image, err := random.Image(2<<20, 2)
	if err == nil {
		image, err = mutate.ConfigFile(image, configFor(t, image, os, architecture))
	}
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func configFor(t *testing.T, image v1.Image, os, architecture string) *v1.ConfigFile {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = os, architecture
	return config
}

func (f *faulty) write(image v1.Image) {
	f.Helper()
	target, err := name.ParseReference(f.image.String())
	if err == nil {
		err = remote.Write(target, image)
	}
	if err != nil {
		f.Fatal(err)
	}
}

// readAll opens an image and reads its layers.
func (f *faulty) readAll() error {
	contents, err := f.client.Contents(f.Context(), f.image, "")
	if err != nil {
		return err
	}
	for i := range contents.Layers {
		err = errors.Join(err, contents.Layer(f.Context(), i, func(r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		}))
	}
	return err
}

func TestContentsOfAnIndex(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	index := v1.ImageIndex(empty.Index)
	for _, p := range []v1.Platform{{OS: "unknown", Architecture: "unknown"}, {OS: "linux", Architecture: "s390x"}, {OS: "linux", Architecture: "arm", Variant: "v7"}} {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: imageFor(t, p.OS, p.Architecture), Descriptor: v1.Descriptor{Platform: &p}})
	}
	target, err := name.ParseReference(f.image.String())
	if err == nil {
		err = remote.WriteIndex(target, index)
	}
	if err != nil {
		t.Fatal(err)
	}
	for platform, want := range map[string]string{
		// No variant is in the configuration of the image.
		"": "linux/s390x", "linux/s390x": "linux/s390x", "linux/arm": "linux/arm", "linux/arm/v7": "linux/arm",
		"windows/amd64": "it has no image for windows/amd64, only for linux/s390x, linux/arm/v7",
	} {
		contents, err := f.client.Contents(t.Context(), f.image, platform)
		if got := contents.Platform; err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %s, %v, want %s", platform, got, err, want)
		}
		if err == nil && (len(contents.Layers) != 2 || contents.Reference.Digest().IsZero()) {
			t.Errorf("%s: got %+v", platform, contents)
		}
	}
}

func TestContentsForAnotherPlatform(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	f.write(imageFor(t, "linux", "amd64"))
	if _, err := f.client.Contents(t.Context(), f.image, "linux/arm64"); err == nil || !strings.Contains(err.Error(), "it is for linux/amd64, not for linux/arm64") {
		t.Errorf("got %v", err)
	}
}

func TestContentsOfWhatIsNoImage(t *testing.T) {
	t.Parallel()
	image := imageFor(t, "linux", "amd64")
	withLayer := func(kind types.MediaType) v1.Image {
		image, err := mutate.AppendLayers(image, static.NewLayer([]byte("x"), kind))
		if err != nil {
			t.Fatal(err)
		}
		return image
	}
	for want, image := range map[string]v1.Image{
		`it is not an image: its configuration has the type "application/vnd.cncf.helm.config.v1+json"`:                   mutate.ConfigMediaType(image, "application/vnd.cncf.helm.config.v1+json"),
		`it is not an image: its layer 3 has the type "application/vnd.in-toto+json"`:                                     withLayer("application/vnd.in-toto+json"),
		`its layer 3 is not in the registry: it has the type "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"`: withLayer(types.DockerForeignLayer),
	} {
		f := newFaulty(t)
		f.write(image)
		if err := f.readAll(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestContentsThatAreRefused(t *testing.T) {
	t.Parallel()
	schema1 := http.Header{"Content-Type": {string(types.DockerManifestSchema1Signed)}}
	for want, fault := range map[string]ocitest.Fault{
		"has Docker's schema 1":                       {Method: http.MethodGet, Path: "/manifests/", Status: http.StatusOK, Header: schema1, Body: `{"schemaVersion": 1}`},
		"the registry has no such image":              {Path: "/manifests/", Status: http.StatusNotFound},
		"wants credentials (401)":                     {Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {"Basic"}}},
		"sent content that does not match its digest": {Path: "/blobs/", Status: http.StatusOK, Body: "other"},
	} {
		f := newFaulty(t, fault)
		if err := f.readAll(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Layers are larger than answers that are read at once.
func TestLayersAreReadAgainAndChecked(t *testing.T) {
	t.Parallel()
	alter := func(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
		content := bytes.Clone(answer.Body.Bytes())
		content[len(content)/2]++
		_, _ = w.Write(content)
	}
	miss := func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		w.WriteHeader(http.StatusNotFound)
	}
	tests := map[string]struct {
		how   networktest.Misbehavior
		times int
		want  string
	}{
		"cut once":        {networktest.Cut, 1, ""},
		"reset once":      {networktest.Reset, 1, ""},
		"always cut":      {networktest.Cut, 0, "read layer 1 (sha256:"},
		"stopped":         {networktest.Stop, 0, "sent fewer than"},
		"not there":       {miss, 0, "the registry does not have it"},
		"another content": {alter, 0, "checksum"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t)
			image := imageFor(t, "linux", "amd64")
			f.write(image)
			manifest, err := image.Manifest()
			if err != nil {
				t.Fatal(err)
			}
			f.registry.Break(ocitest.Fault{Path: manifest.Layers[0].Digest.String(), How: test.how, Times: test.times})
			contents, err := f.client.Contents(t.Context(), f.image, "")
			if err != nil {
				t.Fatal(err)
			}
			var read []byte
			err = contents.Layer(t.Context(), 0, func(r io.Reader) (err error) {
				read, err = io.ReadAll(r)
				return err
			})
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %s", err, test.want)
				}
				return
			}
			if err != nil || int64(len(read)) != manifest.Layers[0].Size {
				t.Errorf("got %d bytes of %d, %v", len(read), manifest.Layers[0].Size, err)
			}
		})
	}
}
