package build

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAsWrittenNamesTheContextsOfFromLines(t *testing.T) {
	t.Parallel()
	const source = `# syntax=docker/dockerfile:1
ARG VERSION="trixie-slim"
arg BASE=docker.io/library/debian:${VERSION}
FROM --platform=$BUILDPLATFORM docker.io/library/golang:$GO AS build
ARG GO=other
FROM docker.io/library/alpine:${ALPINE:-3.22}
from ${BASE} AS last
FROM quay.io/plain:1
FROM ${NOTHING}
`
	contexts := map[string]string{
		"docker.io/library/debian:trixie-slim": "debian", "docker.io/library/golang:1.26": "golang",
		"docker.io/library/alpine:3.22": "alpine", "quay.io/plain:1": "plain",
	}
	got := asWritten(source, map[string]string{"GO": "1.26"}, contexts)
	want := maps.Clone(contexts)
	maps.Copy(want, map[string]string{
		"docker.io/library/golang:$GO": "golang", "docker.io/library/alpine:${ALPINE:-3.22}": "alpine", "${BASE}": "debian",
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%v", diff, slices.Sorted(maps.Keys(got)))
	}
}
