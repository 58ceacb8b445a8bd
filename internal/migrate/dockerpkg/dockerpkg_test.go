package dockerpkg_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler"
	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/internal/migrate/dockerpkg"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

var update = flag.Bool("update", false, "rewrite what imports are expected to give")

// source is the tree of testdata with one of its configurations.
func source(t *testing.T, config string) dockerpkg.Source {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", config))
	if err != nil {
		t.Fatal(err)
	}
	return dockerpkg.Source{Tree: os.DirFS("testdata/tree"), Name: "tree", Config: content, ConfigName: config}
}

// TestDockerfilesAreWhatDockerPkgRenders compares with the output of docker-pkg 4 for the same tree.
func TestDockerfilesAreWhatDockerPkgRenders(t *testing.T) {
	t.Parallel()
	for _, config := range []string{"plain", "proxy"} {
		files, found, err := dockerpkg.Render(source(t, config+".yaml"))
		if err != nil || len(found) > 0 {
			t.Fatal(found, err)
		}
		got, want := map[string]string{}, map[string]string{}
		for _, file := range files {
			got[file.Path] = string(file.Content)
		}
		rendered := os.DirFS("testdata/rendered/" + config)
		err = fs.WalkDir(rendered, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(rendered, name)
			want[name] = string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: docker-pkg (-) and this (+) differ:\n%s", config, diff)
		}
	}
}

// TestImport compares all that an import of the tree gives with testdata/imported.txt.
func TestImport(t *testing.T) {
	t.Parallel()
	files, report, found, err := dockerpkg.Import(source(t, "proxy.yaml"), dockerpkg.Target{Folder: "images", Copy: true})
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	var got strings.Builder
	if err := report.Text(&got); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.Path == "stemma.yaml" || path.Base(file.Path) == "Dockerfile" {
			fmt.Fprintf(&got, "\n-- %s --\n%s", file.Path, file.Content)
		}
	}
	const golden = "testdata/imported.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("run this test with -update:\n%s", diff)
	}
}

func TestImportsCompileToTheSameFamily(t *testing.T) {
	t.Parallel()
	files, _, found, err := dockerpkg.Import(source(t, "plain.yaml"), dockerpkg.Target{Folder: "images", Copy: true})
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	result := compile(t, files)
	got := map[string]string{}
	for _, image := range result.Graph.Images {
		var parents []string
		for _, parent := range image.Parents {
			if parent.Image != nil {
				parents = append(parents, parent.Image.Name)
			} else {
				parents = append(parents, parent.Outside.String())
			}
		}
		for _, before := range image.After {
			parents = append(parents, "after "+before.Name)
		}
		got[image.Name] = image.Tag.String() + ": " + strings.Join(parents, ", ")
	}
	want := map[string]string{
		"base":   "1.4.0-2: reg.example.org/ci/trixie:latest",
		"llvm":   "19.1: base",
		"plain":  "0.1-rc1-b2: docker.io/library/alpine:3.20",
		"rust":   "1.90.0-1-20250101: base, llvm, after plain",
		"web":    "2.0: base, rust",
		"worker": "2.1: web",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// compile compiles what an import writes.
func compile(t *testing.T, files []importer.File) compiler.Result {
	t.Helper()
	project := fstest.MapFS{}
	for _, file := range files {
		if project[file.Path] != nil {
			t.Errorf("%s is written twice", file.Path)
		}
		project[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	result, found, err := compilertest.Compile(project)
	if err != nil || found.HasErrors() {
		t.Fatalf("%v, %v\n%s", err, found, project["stemma.yaml"].Data)
	}
	return result
}
