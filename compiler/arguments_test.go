package compiler_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// passed is how long NAME=value may be for Linux to pass it to a program: 32 pages with the byte that ends it
// (MAX_ARG_STRLEN in include/uapi/linux/binfmts.h).
const passed = 128<<10 - 1

// A list of images that is too long for one variable is split, whatever the length of each entry.
func TestNoListIsTooLongForAVariable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: 1\nproject: group/project\nbuild: always\ndefaults: {distribution: debian, version: trixie}\n")
	b.WriteString("mirrors:\n")
	for i := range 1200 {
		fmt.Fprintf(&b, "  - {from: \"registry.example.org/group/project/image-with-a-long-name:v%d\", to: mirror/%s-%d}\n", i, strings.Repeat("m", 70), i)
	}
	b.WriteString("images:\n")
	for i := range 1500 {
		fmt.Fprintf(&b, "  %s-%04d:\n    updates: {}\n", strings.Repeat("i", 90), i)
		if i%10 == 0 {
			fmt.Fprintf(&b, "    updates: {command: %q}\n", "echo '\"<"+strings.Repeat("ü", 1000)+">\"'")
		}
	}
	source := strings.ReplaceAll(b.String(), "    updates: {}\n    updates: {c", "    updates: {c")
	result := compiled(t, fstest.MapFS{definition.YAMLFile: {Data: []byte(source)}})
	updated, mirrored, named := 0, 0, 0
	for _, job := range result.Pipeline.Checks {
		for _, v := range job.Variables {
			if length := len(v.Name) + len("=") + len(v.Value); length > passed {
				t.Errorf("%s: %s has %d bytes", job.Name, v.Name, length)
			}
			switch {
			case v.Name == schema.VarUpdates:
				updated += count(t, v.Value)
			case v.Name == schema.VarMirrors:
				mirrored += count(t, v.Value)
			case strings.HasPrefix(v.Name, schema.VarImages):
				named += len(strings.Split(v.Value, ","))
			}
		}
	}
	if diff := cmp.Diff([]int{1500, 1200, 1500}, []int{updated, mirrored, named}); diff != "" {
		t.Error("images to check, to copy and to name:", diff)
	}
	names := make([]string, len(result.Pipeline.Checks))
	for i, job := range result.Pipeline.Checks {
		names[i] = job.Name
	}
	if !slices.Contains(names, "mirror-images 1/2") || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("the jobs are %s", names)
	}
}

func count(t *testing.T, list string) int {
	t.Helper()
	var entries []json.RawMessage
	if err := json.Unmarshal([]byte(list), &entries); err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A value of one image cannot be split.
func TestAValueTooLongForAVariableIsRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", passed)
	for name, source := range map[string]string{
		"exec":           "images: {a: {distribution: debian, version: trixie, exec: %q}}\n",
		"update command": "images: {a: {distribution: debian, version: trixie, updates: {command: %q}}}\n",
		"dependents":     "images: {a: {distribution: debian, version: trixie, dependents: [{project: a/b, ref: main, variables: {A: %q}}]}}\n",
		"test":           "images: {a: {distribution: debian, version: trixie, tests: [{name: a, run: %q}]}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for length, want := range map[int]int{100_000: 0, passed: 1} {
				files := fstest.MapFS{definition.YAMLFile: {Data: fmt.Appendf(nil, "version: 1\n"+source, long[:length])}}
				_, found, err := compilertest.Compile(files)
				if err != nil || len(found) != want {
					t.Fatalf("%d characters: %v %v", length, err, found)
				}
				if want > 0 && (found[0].Code != "limit" || found[0].Span.Line == 0 || found[0].Hint == "") {
					t.Errorf("%d characters: %+v", length, found[0])
				}
			}
		})
	}
}
