package compiler_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// A definition says where an image is released, how it is tested and who is poked, and none of that is in the image. A definition
// inside of a build context must not count as one of the context's files.
func TestADefinitionInTheContextIsNoIngredient(t *testing.T) {
	t.Parallel()
	image := func(release string) string {
		return "containerfile: images/a/Containerfile\ncontexts: {files: images/a}\nwatch: [\"images/a/*\"]\nrelease: [{tags: [" + release + "]}]\n"
	}
	containerfiles := fstest.MapFS{
		"images/a/Containerfile": {Data: []byte("FROM scratch\nCOPY --from=files / /\nCOPY . /\n")},
		"images/a/other.cue":     {Data: []byte("package application\n")},
		"b/Containerfile":        {Data: []byte("FROM a\n")},
	}
	tests := map[string]struct {
		files fstest.MapFS
		// edited is the file that gets other content.
		edited, content, want string
	}{
		"a file of its own": {
			fstest.MapFS{"stemma.yaml": text("version: 1\ninclude: [images/*/image.yaml]\nimages: {b: {containerfile: b/Containerfile}}\n"), "images/a/image.yaml": text(image("latest"))},
			"images/a/image.yaml", image(`latest, "1"`), "",
		},
		"the file at the root": {
			fstest.MapFS{"stemma.yaml": text("version: 1\nimages: {a: {containerfile: images/a/Containerfile, context: .}}\n")},
			"stemma.yaml", "version: 1\nimages: {a: {containerfile: images/a/Containerfile, context: ., release: []}}\n", "",
		},
		"the file at the root, which includes it": {
			fstest.MapFS{"stemma.yaml": text("version: 1\ninclude: [images/*/image.yaml]\n"), "images/a/image.yaml": text("containerfile: images/a/Containerfile\ncontext: .\n")},
			"stemma.yaml", "version: 1\ninclude: [images/*/image.yaml]\ndefaults: {release: []}\n", "",
		},
		"CUE": {
			fstest.MapFS{"stemma.yaml": text("version: 1\ninclude: [images/a/image.cue]\n"), "images/a/image.cue": text("package image\ncontainerfile: \"images/a/Containerfile\"\nrelease: _release\n"), "images/a/release.cue": text("package image\n_release: [{tags: [\"latest\"]}]\n")},
			"images/a/release.cue", "package image\n_release: []\n", "",
		},
		"CUE of another package": {
			fstest.MapFS{"stemma.yaml": text("version: 1\ninclude: [images/a/image.cue]\n"), "images/a/image.cue": text("package image\ncontainerfile: \"images/a/Containerfile\"\n")},
			"images/a/other.cue", "package another\n", "a",
		},
		"the definition of another image": {
			fstest.MapFS{"stemma.yaml": text("version: 1\ninclude: [images/*/image.yaml]\n"), "images/a/image.yaml": text(image("latest")), "images/c/image.yaml": text("containerfile: b/Containerfile\ncontext: .\nparents: {a: a}\n")},
			"images/a/image.yaml", image("stable"), "c",
		},
		"another file of the context": {
			fstest.MapFS{"stemma.yaml": text("version: 1\ninclude: [images/*/image.yaml]\nimages: {b: {containerfile: b/Containerfile}}\n"), "images/a/image.yaml": text(image("latest"))},
			"images/a/Containerfile", "FROM scratch\nCOPY . /\nCOPY --from=files / /\n", "a b",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(containerfiles)
			maps.Copy(files, test.files)
			before := tags(t, files)
			files[test.edited] = text(test.content)
			if diff := cmp.Diff(test.want, changes(before, tags(t, files))); diff != "" {
				t.Errorf("images with other tags: %s", diff)
			}
		})
	}
}

func text(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content), Mode: 0o644} }

// changes are the names of the images whose tags differ, sorted.
func changes(before, after map[string]string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if before[name] != after[name] {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
