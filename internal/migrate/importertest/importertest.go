// Package importertest holds imports to what every one of them promises.
package importertest

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/compilertest"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// Check fails where an import of a tree has neither findings nor files with a report, or has both, or where the files do not compile
// where they are written.
func Check(t *testing.T, tree fstest.MapFS, files []importer.File, report *importer.Report, found diagnostic.List, err error) {
	t.Helper()
	if err != nil || found.HasErrors() == (len(files) > 0) || (report == nil) != (len(files) == 0) {
		t.Fatalf("%v %v %d files", err, found, len(files))
	}
	if len(files) == 0 {
		return
	}
	for _, file := range files {
		tree[file.Path] = &fstest.MapFile{Data: file.Content}
	}
	_, found, err = compilertest.Compile(tree)
	found = slices.DeleteFunc(found, isMisspelledParent)
	if err != nil || found.HasErrors() {
		t.Errorf("%v %v\n%s", err, found, files[0].Content)
	}
}

// isMisspelledParent reports whether a finding is about a Containerfile of the tree that names an image almost like one of the project.
func isMisspelledParent(d diagnostic.Diagnostic) bool {
	return d.Code == diagnostic.UnknownImage && !strings.HasSuffix(d.Span.File, ".yaml")
}
