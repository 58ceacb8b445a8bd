package bakefiles_test

import (
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/internal/importer/bakefiles"
)

// Whatever the file holds, there are findings, or files that compile.
func FuzzImport(f *testing.F) {
	f.Add("target \"a\" {\n args = {V = \"1\"}\n contexts = {x = \"target:b\", y = \"docker-image://debian\"}\n tags = [\"r.io/a:1\", \"a/b\", \"c\"]\n platforms = [\"linux/amd64\", \"linux/arm64\"]\n labels = {a = \"b\"}\n}\n"+
		"target \"b\" {\n dockerfile-inline = \"FROM a/b\"\n target = \"\"\n}\ntarget \"debian\" {\n context = \"sub\"\n tags = [\"a/b\", \"debian/x\"]\n}", true)
	f.Add("services:\n  a: {build: {context: ., args: [V=1, W], target: s, additional_contexts: [x=service:c]}, image: r.io/a}\n  c: {build: sub, platform: linux/arm64}\n", false)
	f.Fuzz(func(t *testing.T, content string, isBake bool) {
		tree := fstest.MapFS{
			"Dockerfile": {Data: []byte("ARG V\nFROM x AS s\nFROM s\nCOPY --from=y a b\n")}, "sub/Dockerfile": {Data: []byte("FROM debian\n")},
		}
		name := "compose.yaml"
		if isBake {
			name = "docker-bake.hcl"
		}
		tree[name] = &fstest.MapFile{Data: []byte(content)}
		files, report, found, err := bakefiles.Import(bakefiles.Source{Tree: tree, Files: []string{name}, Root: "root"}, bakefiles.Target{Folder: ".", Project: "group/project"})
		if err != nil || found.HasErrors() && len(files) > 0 || (report == nil) != (len(files) == 0) {
			t.Fatalf("%v %v %d files", err, found, len(files))
		}
		if len(files) == 0 {
			return
		}
		for _, file := range files {
			tree[file.Path] = &fstest.MapFile{Data: file.Content}
		}
		if _, found, err := compiler.Compile(tree); err != nil || found.HasErrors() {
			t.Errorf("%v %v\n%s", err, found, files[0].Content)
		}
	})
}
