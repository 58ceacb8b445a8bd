package content_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gitlab.com/stemma-ci/stemma/compiler/content"
)

// TestBehind holds what a link leads over, apart from the link itself.
func TestBehind(t *testing.T) {
	t.Parallel()
	link := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink}
	}
	files := fstest.MapFS{
		"a/file": {}, "a/link": link("../b/link"), "b/link": link("file"), "b/file": {}, "folder": link("b"), "through": link("folder/./file"),
		"gone": link("nowhere/at/all"), "outside": link("../../etc/passwd"), "absolute": link("/etc/passwd"), "loop": link("loop"),
		"top": link("."),
	}
	for name, want := range map[string][]string{
		"a/file": nil, "missing": nil,
		"a/link":   {"b/link", "b/file"},
		"through":  {"folder", "b/file"},
		"gone":     {"nowhere", "nowhere/at", "nowhere/at/all"},
		"outside":  nil,
		"absolute": nil,
		"top":      nil,
	} {
		got := content.New(files, none).Set(name).Behind()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := content.New(files, none).Set("loop").Behind(); len(got) > 0 {
		t.Errorf("a loop leads over %v, want nothing but itself", got)
	}
}
