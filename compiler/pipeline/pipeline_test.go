package pipeline_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

var update = flag.Bool("update", false, "write the pipelines that are wanted")

// TestPipelines compiles the project in each archive of testdata and compares its jobs, as YAML, and what was found with the file "want".
func TestPipelines(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := fstest.MapFS{}
			want := ""
			for _, file := range archive.Files {
				if file.Name == "want" {
					want = string(file.Data)
				} else {
					files[file.Name] = &fstest.MapFile{Data: file.Data, Mode: 0o644}
				}
			}
			got := compiled(t, files)
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the pipeline (-want +got); `make golden` writes it:\n%s", diff)
			}
		})
	}
}

func compiled(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	result, found, err := compilertest.Compile(files)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, file := range result.Files {
		fmt.Fprintf(&b, "## %s\n", file.Path)
		for line := range strings.Lines(string(file.Content)) {
			if !strings.HasPrefix(line, "# Compiled by stemma ") { // the version is in it
				b.WriteString(line)
			}
		}
	}
	b.WriteString(printed(found))
	return b.String()
}

func printed(found diagnostic.List) string {
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintf(&b, "%s:%d:%d %s[%s] %s: %s; hint: %s\n", d.Span.File, d.Span.Line, d.Span.Column, d.Severity, d.Code, d.Key, d.Message, d.Hint)
	}
	return b.String()
}
