package oci_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

func TestLookupsShareAToken(t *testing.T) {
	t.Parallel()
	registry := ocitest.New(t)
	push(t, registry.Host+"/a/b:1")
	registry.Protect(ocitest.Guard{Username: "ann", Password: "s3cret", Tokens: true})
	client, err := oci.NewClient(oci.Config{Credentials: map[string]oci.Credentials{registry.Host: {Username: "ann", Password: "s3cret", From: "here"}}})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := oci.ParseReference(registry.Host + "/a/b:1")
	if err != nil {
		t.Fatal(err)
	}
	var requests []int
	for range 2 {
		registry.Requests()
		if _, err := client.Look(t.Context(), ref, ""); err != nil {
			t.Fatal(err)
		}
		requests = append(requests, len(registry.Requests()))
	}
	if requests[1] != requests[0]-1 {
		t.Errorf("the first lookup sent %d requests, and the second %d: it should need no token", requests[0], requests[1])
	}
}
