package bakefiles_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/bakefiles"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importertest"
)

// A Dockerfile that has to be given an argument is no mistake, and keeps no other target from being imported.
func TestTargetsWithoutAnArgumentAreLeftOut(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"compose.yaml": {Data: []byte("services:\n  a: {build: a}\n  b: {build: {context: a, args: [BASE=docker.io/library/debian]}}\n  c: {build: {context: c, additional_contexts: [x=service:a]}}\n")},
		"a/Dockerfile": {Data: []byte("ARG BASE\nFROM ${BASE}\n")},
		"c/Dockerfile": {Data: []byte("FROM x\n")},
	}
	files, report, found, err := bakefiles.Import(bakefiles.Source{Tree: importer.Tree{FS: tree}, Files: []string{"compose.yaml"}}, importer.Target{Folder: "."})
	if err != nil || len(found) > 0 || len(files) != 1 {
		t.Fatalf("%v %v %d files", err, found, len(files))
	}
	missing, _ := report.Remarks()
	for _, want := range []string{
		"no image is made of it: its Dockerfile needs the argument BASE, and only who calls the builder knows its value",
		"no image is made of it: it is built on a, of which none is made",
	} {
		if !slices.ContainsFunc(missing, func(r importer.Remark) bool { return r.Text == want }) {
			t.Errorf("the report has no %q: %v", want, missing)
		}
	}
}

func TestNamesThatNoImageAndNoFolderStandsFor(t *testing.T) {
	t.Parallel()
	for dockerfile, want := range map[string]string{
		"FROM x\n":                               `the folder "sub" replaces x in a FROM line of its Dockerfile, and only images can`,
		"FROM a AS x\n":                          `"sub" replaces the stage x of its Dockerfile, which is not supported`,
		"FROM scratch\nCOPY --from=gone /a /a\n": `there is no folder "gone" in the tree, which replaces gone in its Dockerfile`,
		"FROM scratch\nCOPY --from=file /a /a\n": `there is no folder "Dockerfile" in the tree, which replaces file in its Dockerfile`,
		"FROM scratch\nCOPY --from=out /a /a\n":  `there is no folder "../out" in the tree, which replaces out in its Dockerfile`,
		"FROM scratch\nCOPY --from=far /a /a\n":  `the address "https://example.org/a.git" replaces far in its Dockerfile, and only images and folders can`,
	} {
		tree := fstest.MapFS{
			"docker-bake.json": {Data: []byte(`{"target": {"a": {"contexts": {"x": "sub", "gone": "gone", "file": "Dockerfile", "out": "../out", "far": "https://example.org/a.git"}}}}`)},
			"Dockerfile":       {Data: []byte(dockerfile)}, "sub/a": {},
		}
		_, _, found, err := bakefiles.Import(bakefiles.Source{Tree: importer.Tree{FS: tree, Root: "a"}, Files: []string{"docker-bake.json"}}, importer.Target{Folder: "."})
		if err != nil || len(found) != 1 || !slices.ContainsFunc(found[0].Notes, func(n diagnostic.Note) bool { return n.Message == "a: no image is made of it: "+want }) {
			t.Errorf("%q: %v %+v", dockerfile, err, found)
		}
	}
}

// Whatever the file holds, there are findings, or files that compile.
func FuzzImport(f *testing.F) {
	f.Add("target \"a\" {\n args = {V = \"1\"}\n contexts = {x = \"target:b\", y = \"docker-image://debian\", z = \"sub\"}\n secret = [\"id=s,env=STEMMA_A-B\", \"id=t,src=x\"]\n tags = [\"r.io/a:1\", \"a/b\", \"c\"]\n platforms = [\"linux/amd64\", \"linux/arm64\"]\n labels = {a = \"b\"}\n}\n"+
		"target \"b\" {\n dockerfile-inline = \"FROM a/b\"\n target = \"\"\n}\ntarget \"debian\" {\n context = \"sub\"\n tags = [\"a/b\", \"debian/x\"]\n}", true)
	f.Add("services:\n  a: {build: {context: ., args: [V=1, W], target: s, additional_contexts: [x=service:c]}, image: r.io/a}\n  c: {build: sub, platform: linux/arm64}\n", false)
	f.Fuzz(func(t *testing.T, content string, isBake bool) {
		tree := fstest.MapFS{
			"Dockerfile": {Data: []byte("ARG V\nFROM x AS s\nFROM s\nCOPY --from=y a b\nCOPY --from=z a b\nRUN --mount=type=secret,id=s --mount=type=secret,id=t true\n")}, "sub/Dockerfile": {Data: []byte("FROM debian\n")},
		}
		name := "compose.yaml"
		if isBake {
			name = "docker-bake.hcl"
		}
		tree[name] = &fstest.MapFile{Data: []byte(content)}
		files, report, found, err := bakefiles.Import(bakefiles.Source{Tree: importer.Tree{FS: tree, Root: "root"}, Files: []string{name}}, importer.Target{Folder: ".", Project: "group/project"})
		if isNothing := err == nil && !found.HasErrors() && report == nil && len(files) == 0; isNothing {
			return // the file builds no image
		}
		importertest.Check(t, tree, files, report, found, err)
	})
}

// A service has its stop signal, in the one spelling of the language.
func TestStopSignal(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{"SIGQUIT": "stopSignal: SIGQUIT\n", "usr1": "stopSignal: SIGUSR1\n", "SIGRTMIN+3": "stopSignal: SIGRTMIN+3\n", "9": ""} {
		tree := fstest.MapFS{
			"compose.yaml": {Data: []byte("services:\n  a: {build: ., stop_signal: \"" + written + "\"}\n")}, "Dockerfile": {Data: []byte("FROM scratch\n")},
		}
		files, report, found, err := bakefiles.Import(bakefiles.Source{Tree: importer.Tree{FS: tree}, Files: []string{"compose.yaml"}}, importer.Target{Folder: "."})
		importertest.Check(t, tree, files, report, found, err)
		missing, _ := report.Remarks()
		if got := string(files[0].Content); !strings.Contains(got, want) || (want == "") != (len(missing) > 0) {
			t.Errorf("%s: got %s %v, want %q", written, got, missing, want)
		}
	}
}
