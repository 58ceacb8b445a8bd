package oci_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

func TestOnlyLoopbackAndNamedRegistriesAreReachedInTheClear(t *testing.T) {
	t.Parallel()
	client, err := oci.NewClient(oci.Config{Insecure: []string{"registry.lan", "other.lan:5000"}})
	if err != nil {
		t.Fatal(err)
	}
	for registry, want := range map[string]bool{
		"localhost": true, "localhost:5000": true, "127.0.0.1:5000": true, "127.1.2.3": true, "[::1]:5000": true,
		"registry.lan": true, "registry.lan:5000": true, "other.lan:5000": true, "other.lan": false, "docker.io": false,
		"10.0.0.1:5000": false, "localhost.example.org": false,
	} {
		if got := client.IsInsecure(registry); got != want {
			t.Errorf("%s over plain HTTP: %v, want %v", registry, got, want)
		}
	}
}

func TestParseReference(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("a", 64)
	for text, want := range map[string]string{
		"debian": "docker.io/library/debian:latest", "docker.io/library/debian:trixie": "docker.io/library/debian:trixie",
		"127.0.0.1:5000/a/b@" + digest: "127.0.0.1:5000/a/b@" + digest, "registry.example.org/a:1@" + digest: "registry.example.org/a@" + digest,
	} {
		got, err := oci.ParseReference(text)
		if err != nil || got.String() != want {
			t.Errorf("%s is read as %v (%v), want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "A/B", "a@sha256:1", "a:b c", "${CI_REGISTRY_IMAGE}/a:1"} {
		if got, err := oci.ParseReference(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestLookKnowsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	registry := ocitest.New(t)
	client, err := oci.NewClient(oci.Config{Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := oci.ParseReference(registry.Host + "/a/b:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Look(t.Context(), ref, ""); !errors.Is(err, oci.ErrNotFound) || !oci.IsNotFound(err) {
		t.Errorf("an image that is not there: %v", err)
	}
	if requests := registry.Requests(); len(requests) != 1 {
		t.Errorf("%v", requests)
	}
	if _, err := client.Resolve(t.Context(), ref); !oci.IsNotFound(err) {
		t.Error(err)
	}
	registry.Requests()
	push(t, ref.String())
	registry.Requests()
	if _, err := client.Resolve(t.Context(), ref); err != nil {
		t.Error(err)
	}
	if requests := registry.Requests(); len(requests) != 1 {
		t.Errorf("a digest takes %v", requests)
	}
}

func push(t *testing.T, reference string) {
	t.Helper()
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	pushImage(t, reference, image)
}

func pushImage(t *testing.T, reference string, image v1.Image) {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
}

func TestARegistryThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	client, err := oci.NewClient(oci.Config{Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := oci.ParseReference("127.0.0.1:1/a:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Look(t.Context(), ref, ""); err == nil || oci.IsNotFound(err) || !strings.Contains(err.Error(), "look up 127.0.0.1:1/a:1") {
		t.Error(err)
	}
}

func TestLookAddsUpTheLayers(t *testing.T) {
	t.Parallel()
	client, err := oci.NewClient(oci.Config{})
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(1000, 3)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := oci.ParseReference(ocitest.New(t).Host + "/a/b:1")
	if err != nil {
		t.Fatal(err)
	}
	pushImage(t, ref.String(), image)
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	var want int64
	for _, layer := range manifest.Layers {
		want += layer.Size
	}
	if found, err := client.Look(t.Context(), ref, ""); err != nil || found.Size != want || want < 3000 {
		t.Errorf("got a size of %d, %v; want %d", found.Size, err, want)
	}
}
