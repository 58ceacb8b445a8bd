// Package generate_test keeps the generated files in this repository current; `make generate` writes them again.
package generate_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/drift"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/schema"
)

var update = flag.Bool("update", false, "write what is generated")

const top = "../.."

func TestComponentsAreCurrent(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob(top + "/components/*.cue")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, source := range sources {
		files, found, err := components(os.DirFS(top), "components/"+filepath.Base(source))
		if err != nil || len(found) > 0 {
			t.Fatal(found, err)
		}
		for _, file := range files {
			compare(t, filepath.Join(top, file.Path), file.Content)
			if !strings.Contains(string(file.Content), schema.Version) {
				t.Errorf("%s does not name the version %s", file.Path, schema.Version)
			}
		}
	}
}

func TestEditorSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	content, err := shape.JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, filepath.Join(top, "docs", "stemma.schema.json"), content)
}

func compare(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compareFile(t, file, want)
}

func compareFile(t *testing.T, file string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is stale, run `make generate`:\n%s", file, diff)
	}
}

// TestExamplesAreCurrent compiles the examples, and the images of this project itself, and compares what is committed.
func TestExamplesAreCurrent(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{".", "examples/nested-images/base", "examples/nested-images/rust", "examples/containerfiles", "examples/cue", "examples/distributions", "examples/policy"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			tree, err := worktree.Open(filepath.Join(top, folder), os.Getenv("GIT_INDEX_FILE"))
			if err != nil {
				t.Fatal(err)
			}
			defer tree.Close()
			result, found, err := compilertest.Compile(tree)
			if err != nil || found.HasErrors() {
				t.Fatal(found, err)
			}
			if *update {
				write(t, tree, result.Files)
			}
			for _, file := range result.Files {
				compareFile(t, filepath.Join(top, folder, file.Path), file.Content)
			}
		})
	}
}

func write(t *testing.T, tree *worktree.Tree, files []emit.File) {
	t.Helper()
	var changes []worktree.Change
	for _, file := range drift.Compare(files, drift.Committed{}).Write {
		changes = append(changes, worktree.Change{Path: file.Path, Content: file.Content})
	}
	if err := tree.Apply(changes); err != nil {
		t.Fatal(err)
	}
}
