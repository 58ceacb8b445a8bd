package generate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// versioned are the files that name the version of stemma, besides compiled ones, which follow by themselves.
var versioned = []string{
	"README.md", ".pre-commit-hooks.yaml", "stemma.yaml", "components/*.cue", "docs/*.md", "cmd/stemma/testdata/script/check_*.txtar",
}

// version is a version of stemma: that of an image, a component, an include, a hook, a tag in our own definition, the module of the schema,
// or one that a test compares with.
var version = regexp.MustCompile(`(?m)(registry\.gitlab\.com/stemma-ci/stemma/[^:\n]+:|stemma/[a-z0-9-]+@|mirror/stemma-[a-z]+:|stemma-ci/stemma/schema@v|stemma/fedora@|\b(?:ref|rev): v|^    tag: "|\bv: "v|schemaVersion = "v|replace \S+ 'stemma |this is stemma )(\d+\.\d+\.\d+)`)

// The version has one source, schema/version.go. `make generate` writes it to all other places. The test runs before those that
// compile these files, which run in parallel.
func TestEveryPlaceNamesTheVersion(t *testing.T) {
	found := 0
	for _, pattern := range versioned {
		files, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("got %d files and the error %v for %s, want some", len(files), err, pattern)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if matches := len(version.FindAll(source, -1)); matches > 0 {
				found += matches
				compare(t, file, version.ReplaceAll(source, []byte("${1}"+schema.Version)))
			}
		}
	}
	if found < 25 {
		t.Errorf("got %d places with a version, want at least 25", found)
	}
}
