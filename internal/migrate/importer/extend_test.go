package importer_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

const made = "version: 1\ndefaults:\n  labels:\n    a: b\n  expires: 5d\nimages:\n  new:\n    labels:\n      c: d\n"

// TestExtend has a definition, and what it is after an import.
func TestExtend(t *testing.T) {
	t.Parallel()
	const added = "  new:\n    labels:\n      c: d\n      a: b\n    expires: 5d\n"
	tests := map[string]struct{ before, after string }{
		"no definition":           {"", made},
		"an image":                {"version: 1\nimages:\n  old: {}\n", "version: 1\nimages:\n  old: {}\n" + added},
		"no images":               {"version: 1\n", "version: 1\nimages:\n" + added},
		"no end of line":          {"version: 1\nimages:\n  old: {}", "version: 1\nimages:\n  old: {}\n" + added},
		"a key behind the images": {"images:\n  old: {} # x\n\n# about the version\nversion: 1\n", "images:\n  old: {} # x\n" + added + "\n# about the version\nversion: 1\n"},
		"text of several lines":   {"version: 1\nimages:\n  old:\n    exec: |\n      a\n\n      # b\n", "version: 1\nimages:\n  old:\n    exec: |\n      a\n\n      # b\n" + added},
		"the same defaults":       {"version: 1\ndefaults: {expires: 5d, labels: {a: b}}\n", "version: 1\ndefaults: {expires: 5d, labels: {a: b}}\nimages:\n  new:\n    labels:\n      c: d\n"},
		"the same image":          {"version: 1\ndefaults: {expires: 5d, labels: {a: b}}\nimages: {new: {labels: {c: d}}}\n", "error"},
		"another image":           {"version: 1\nimages:\n  new: {expires: 1d}\n", "error"},
		"no map":                  {"[]\n", "error"},
		"no YAML":                 {"{\n", "error"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{}
			if test.before != "" {
				tree["stemma.yaml"] = &fstest.MapFile{Data: []byte(test.before)}
			}
			files, err := importer.Extend(tree, []importer.File{{Path: "stemma.yaml", Content: []byte(made)}}, &importer.Report{})
			if test.after == "error" {
				if err == nil || !strings.HasPrefix(err.Error(), "nothing was written: ") {
					t.Errorf("got the error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.after, string(files[0].Content)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever a definition contains, all its lines are there after an import, in their order, or there is an error.
func FuzzExtend(f *testing.F) {
	f.Add("version: 1\nimages:\n  old: {}\n# end\nbuild: always\n")
	f.Add("include: [a]\nimages:\n- x\n")
	f.Add("? {a: b}\n: c\nimages: &a\n  b: |+\n    c\n\n")
	f.Fuzz(func(t *testing.T, before string) {
		files, err := importer.Extend(fstest.MapFS{"stemma.yaml": {Data: []byte(before)}}, []importer.File{{Path: "stemma.yaml", Content: []byte(made)}}, &importer.Report{})
		if err != nil {
			return
		}
		rest := string(files[0].Content)
		for line := range strings.Lines(before) {
			_, after, ok := strings.Cut(rest, strings.TrimSuffix(line, "\n"))
			if !ok {
				t.Fatalf("%q is gone from\n%s", line, files[0].Content)
			}
			rest = after
		}
	})
}
