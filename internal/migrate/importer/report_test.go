package importer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importer"
)

// Many equal sentences are one line, which has all places. A few are a line each.
func TestReportsGroupEqualLines(t *testing.T) {
	t.Parallel()
	at := func(file string) diagnostic.Span { return diagnostic.Span{File: file} }
	var r importer.Report
	for _, file := range []string{"a", "b", "c", "d"} {
		r.Look(at(file), "key", "the same")
	}
	r.Look(at("e"), "other", "the same")
	r.Look(at("a"), "key", "twice")
	r.Look(at("f"), "key", "twice")
	var out strings.Builder
	if err := r.Text(&out); err != nil {
		t.Fatal(err)
	}
	want := "\nlook at:\n  a: key: the same (and 4 more: b, c, d, e other)\n  a: key: twice\n  f: key: twice\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
