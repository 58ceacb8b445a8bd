package buildah

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

// An image and a stage may have the same name: below the stage it is the stage's.
func TestStagesComeBeforeContexts(t *testing.T) {
	t.Parallel()
	contexts := map[string]string{"rust": "reg/rust@1", "tools": "reg/tools@2", "build": "reg/build@3", "os": "reg/os@4"}
	tests := map[string]struct {
		source, want string
		left         []string
	}{
		"no stage": {"FROM rust\n", "FROM rust\n", []string{"build", "os", "rust", "tools"}},
		"a stage of the same name": {
			"ARG B=rust\nFROM --platform=linux/amd64 $B as rust\nFROM rust\nCOPY --from=rust / /\n", "ARG B=rust\nFROM --platform=linux/amd64 reg/rust@1 as rust\nFROM rust\nCOPY --from=rust / /\n",
			[]string{"build", "os", "tools"},
		},
		"a stage named like another image": {"FROM os AS Build\nFROM tools\nCOPY --from=build / /\n", "FROM os AS Build\nFROM tools\nCOPY --from=build / /\n", []string{"os", "rust", "tools"}},
		"a stage over several lines": {
			"FROM os \\\n# rust\n  AS build\nFROM tools\nCOPY --from=build / /\n", "FROM os \\\n# rust\n  AS build\nFROM tools\nCOPY --from=build / /\n", []string{"os", "rust", "tools"},
		},
		"an image over several lines": {
			"FROM --platform=linux/amd64 \\\n# rust\n  rust \\\n  AS rust\nFROM rust\n", "FROM --platform=linux/amd64 \\\n# rust\n  reg/rust@1 \\\n  AS rust\nFROM rust\n", []string{"build", "os", "tools"},
		},
		"an escape character of its own": {
			"# escape=`\nFROM rust `\n AS rust\nFROM rust\n", "# escape=`\nFROM reg/rust@1 `\n AS rust\nFROM rust\n", []string{"build", "os", "tools"},
		},
		"a here-document": {
			"FROM tools\nCOPY <<EOF /Dockerfile\nFROM rust AS rust\nEOF\nCOPY --from=rust / /\n", "FROM tools\nCOPY <<EOF /Dockerfile\nFROM rust AS rust\nEOF\nCOPY --from=rust / /\n",
			[]string{"build", "os", "rust", "tools"},
		},
		"swapped names": {"FROM os AS rust\nFROM tools AS os\nFROM rust\n", "FROM reg/os@4 AS rust\nFROM tools AS os\nFROM rust\n", []string{"build", "tools"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, left := withStages(test.source, nil, contexts)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.left, slices.Sorted(maps.Keys(left))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzWithStages holds that a Containerfile stays as it is where no stage has a context's name, and that contexts only go.
func FuzzWithStages(f *testing.F) {
	f.Add("ARG B=rust\nFROM $B AS rust\nFROM rust\n", "rust")
	f.Add("FROM --platform=x os AS os\\\n", "os")
	f.Fuzz(func(t *testing.T, source, name string) {
		contexts := map[string]string{name: "pinned"}
		text, left := withStages(source, nil, contexts)
		if len(left) == 1 && text != source {
			t.Errorf("%q became %q", source, text)
		}
		for context, pinned := range left {
			if contexts[context] != pinned {
				t.Errorf("%q is a context now", context)
			}
		}
		asWritten(text, nil, left)
	})
}
