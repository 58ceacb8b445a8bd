package oci_test

import (
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// BenchmarkLook looks up an image: many small answers.
func BenchmarkLook(b *testing.B) {
	client, ref := bench(b, 64)
	for b.Loop() {
		if _, err := client.Look(b.Context(), ref, ""); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCopy copies a layer of 256 MiB from one registry to another.
func BenchmarkCopy(b *testing.B) {
	const size = 256 << 20
	client, ref := bench(b, size)
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		to, err := oci.ParseRepository(ocitest.New(b).Host + "/a/b")
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := client.Copy(b.Context(), ref, to, oci.Credentials{}, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// bench is a client, and a registry with an image that has a layer of some size.
func bench(b *testing.B, size int64) (*oci.Client, oci.Reference) {
	b.Helper()
	registry := ocitest.New(b)
	image, err := random.Image(size, 1)
	if err != nil {
		b.Fatal(err)
	}
	target, err := name.ParseReference(registry.Host + "/a/b:1")
	if err != nil {
		b.Fatal(err)
	}
	if err := remote.Write(target, image); err != nil {
		b.Fatal(err)
	}
	ref, err := oci.ParseReference(target.Name())
	if err != nil {
		b.Fatal(err)
	}
	client, err := oci.NewClient(oci.Config{})
	if err != nil {
		b.Fatal(err)
	}
	return client, ref
}
