package zuul_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/zuul"
)

// An argument without a default costs the image that needs it, and no other. Repositories are in lower case.
func TestAnImageWithoutItsArgumentIsLeftOut(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"zuul.yaml":    {Data: []byte(pipelines("docker", "[{context: a, repository: acme/a}, {context: b, repository: Acme/B}, {context: c, repository: acme/c}]"))},
		"a/Dockerfile": {Data: []byte("ARG BASE\nFROM x${BASE}\n")}, "b/Dockerfile": {Data: []byte("FROM docker.io/library/debian:13\n")}, "c/Dockerfile": {Data: []byte("FROM acme/a\n")},
	}
	files, report, found, err := zuul.Import(importer.Tree{FS: tree, Name: ".", Root: "x"}, importer.Target{Folder: "."})
	if err != nil || found.HasErrors() {
		t.Fatal(err, found)
	}
	var said strings.Builder
	if err := report.Text(&said); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"a/Dockerfile:2: a: no image is made of it: its Containerfile needs the argument BASE", "Acme/B: repositories are in lower case, so it is acme/b now",
	} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("got\n%s\nwant %q in it", said.String(), want)
		}
	}
	for name, isThere := range map[string]bool{"  a:\n": false, "  b:\n": true, "  c:\n": true, "docker.io/acme/b": true} {
		if strings.Contains(string(files[0].Content), name) != isThere {
			t.Errorf("%q in the definition: want %v\n%s", name, isThere, files[0].Content)
		}
	}
}
