package containerfiles_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/containerfiles"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importertest"
)

// A FROM line that means an image of the tree is an edge, even if it has another spelling; the report says so.
func TestEdges(t *testing.T) {
	t.Parallel()
	const edge, other = "base\n", ""
	tests := map[string]struct{ child, parents string }{
		"arguments around the name":          {"ARG NAMESPACE=acme\nARG VERSION=1\nFROM ${NAMESPACE}/base:${VERSION}\n", "acme/base:1: " + edge},
		"a registry in an argument":          {"ARG REGISTRY=registry.example.org/acme\nFROM ${REGISTRY}/base\n", "registry.example.org/acme/base: " + edge},
		"a tag":                              {"FROM base:2\n", other},
		"the first word of the tree":         {"FROM s2i-base\n", "s2i-base: " + edge},
		"another tree":                       {"FROM php-base\n", other},
		"a registry":                         {"FROM registry.example.org/acme/base:1\n", other},
		"a user of Docker Hub":               {"FROM acme/base:1\n", other},
		"an argument with a whole reference": {"ARG IMAGE=acme/base\nFROM ${IMAGE}:1\n", other},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{"base/Dockerfile": {Data: []byte("FROM docker.io/library/debian:13\n")}, "child/Dockerfile": {Data: []byte(test.child)}}
			files, report, found, err := containerfiles.Import(importer.Tree{FS: tree, Name: ".", Root: "s2i-tools"}, importer.Target{Folder: "."})
			importertest.Check(t, tree, files, report, found, err)
			_, parents, _ := strings.Cut(string(files[0].Content), "    parents:\n      ")
			if parents != test.parents {
				t.Errorf("got the parents %q, want %q", parents, test.parents)
			}
		})
	}
}
