package importer_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// everything is an image of each form that the language has.
func everything() *importer.Definition {
	return &importer.Definition{
		Project: "acme/images", Build: "always",
		Defaults: &importer.Image{Expires: "90d", Labels: map[string]string{"maintainer": "yes"}},
		Images: []importer.Image{
			{
				Name: "rust", Base: "base", Packages: []string{"cargo", "rustc"}, Exec: "set -e\ncargo --version\n", Tag: "1.10",
				Tests:   []importer.Test{{Name: "version", Run: "cargo --version"}},
				Release: []importer.Release{{Repository: "registry.example.org/acme/rust", Tags: []string{"1.10", "on"}, Credentials: &importer.Credentials{Username: "USER", Password: "PASSWORD"}}},
			},
			{Name: "base", Distribution: "debian", Version: "13", Env: map[string]string{"A": "true"}, Config: schema.Config{User: "0"}, NoRelease: true},
			{
				Name: "tool", Containerfile: "tool/Containerfile", Args: map[string]string{"V": "1e3"}, Tag: importer.TagSource{Changelog: "tool/changelog"},
				Platforms: []string{"linux/amd64"}, Runners: map[string]importer.Tags{"linux/amd64": {"big"}}, Manual: "start",
				Stages: &importer.Stages{Build: "images"}, Config: schema.Config{Entrypoint: schema.Entrypoint{List: []string{"/bin/sh"}}, Workdir: "/src"},
			},
		},
	}
}

func TestDefinitionsCompile(t *testing.T) {
	t.Parallel()
	project := fstest.MapFS{
		"tool/Containerfile": {Data: []byte("ARG V=1\nFROM docker.io/library/debian:13\n")},
		"tool/changelog":     {Data: []byte("tool (2.0~rc1) acme; urgency=low\n")},
	}
	place(t, project, everything())
	want := `version: 1
project: acme/images
build: always
defaults:
  expires: 90d
  labels:
    maintainer: "yes"
images:
  base:
    distribution: debian
    version: "13"
    env:
      A: "true"
    user: "0"
    release: []
`
	got := string(project["stemma.yaml"].Data)
	if !strings.HasPrefix(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	compile(t, project, 3)
}

// TestImagesHaveTheKeysOfTheLanguage compares the fields that importers can write with those that the language has.
func TestImagesHaveTheKeysOfTheLanguage(t *testing.T) {
	t.Parallel()
	unwritten := []string{"checks", "dependents", "publish"} // no other tool has them
	keys := func(structure reflect.Type) (out []string) {
		for _, f := range schema.Keys(structure) {
			out = append(out, f.Key)
		}
		slices.Sort(out)
		return out
	}
	got := keys(reflect.TypeFor[importer.Image]())
	want := slices.DeleteFunc(keys(reflect.TypeFor[definition.Image]()), func(key string) bool { return slices.Contains(unwritten, key) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-language +importers):\n%s", diff)
	}
}

func TestManyImagesHaveAFileEach(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"image%d", "family/image%d"} {
		d := &importer.Definition{}
		for i := range 11 {
			d.Images = append(d.Images, importer.Image{Name: fmt.Sprintf(name, i), Distribution: "alpine", NoRelease: i == 3})
		}
		project := fstest.MapFS{}
		place(t, project, d)
		if len(project) != 12 {
			t.Errorf("%d files are written, not 12", len(project))
		}
		compile(t, project, 11)
	}
}

func place(t *testing.T, project fstest.MapFS, d *importer.Definition) {
	t.Helper()
	files, err := d.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		project[file.Path] = &fstest.MapFile{Data: file.Content}
	}
}

func compile(t *testing.T, project fstest.MapFS, images int) {
	t.Helper()
	result, found, err := compilertest.Compile(project)
	if err != nil || len(found) > 0 {
		t.Fatalf("%v, %v\n%s", err, found, project["stemma.yaml"].Data)
	}
	if len(result.Graph.Images) != images {
		t.Errorf("%d images, not %d", len(result.Graph.Images), images)
	}
}

func TestWriteOverwritesNothing(t *testing.T) {
	t.Parallel()
	tree := open(t)
	first := []importer.File{{Path: "stemma.yaml", Content: []byte("a")}, {Path: "x/y", Content: []byte("b")}}
	if err := importer.Write(tree, first, false); err != nil {
		t.Fatal(err)
	}
	if err := importer.Write(tree, first, false); err != nil {
		t.Errorf("a file with the same content is an error: %v", err)
	}
	second := []importer.File{{Path: "new", Content: []byte("c")}, {Path: "x/y", Content: []byte("d")}}
	err := importer.Write(tree, second, false)
	var exists *importer.ExistsError
	if !errors.As(err, &exists) || !cmp.Equal(exists.Paths, []string{"x/y"}) {
		t.Errorf("the error is %v", err)
	}
	if _, err := fs.Stat(tree, "new"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("got a written file, want none: another file exists")
	}
	if err := importer.Write(tree, second, true); err != nil {
		t.Fatal(err)
	}
	if content, err := fs.ReadFile(tree, "x/y"); err != nil || string(content) != "d" {
		t.Errorf("x/y is %q, %v", content, err)
	}
	if err := importer.Write(tree, []importer.File{{Path: "a", Content: nil}, {Path: "x/y/z", Content: nil}}, true); err == nil {
		t.Error("a file was written below a file")
	}
	if _, err := fs.Stat(tree, "a"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was written beside one that failed")
	}
}

func open(t *testing.T) *worktree.Tree {
	t.Helper()
	tree, err := worktree.Open(t.TempDir(), filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func TestReportSaysWhatBecameOfEverything(t *testing.T) {
	t.Parallel()
	var r importer.Report
	r.Converted("%d images", 2)
	r.Missing(diagnostic.Span{File: "b.yaml", Line: 7}, "nightly", "there is no such build")
	r.Missing(diagnostic.Span{File: "a.yaml", Line: 3}, "proxy", "\x1b[31mred")
	r.Missing(diagnostic.Span{File: "a.yaml", Line: 3}, "proxy", "\x1b[31mred")
	r.Look(diagnostic.Span{}, "tests", "run them once")
	var out strings.Builder
	if err := r.Text(&out); err != nil {
		t.Fatal(err)
	}
	want := `converted: 2 images

no counterpart:
  a.yaml:3: proxy: ·[31mred
  b.yaml:7: nightly: there is no such build

look at:
  tests: run them once
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
