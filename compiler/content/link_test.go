package content_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/content"
)

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
		"a/link":   {"a/link", "b/link", "b/file"},
		"through":  {"through", "folder", "b/file"},
		"gone":     {"gone", "nowhere", "nowhere/at", "nowhere/at/all"},
		"outside":  {"outside"},
		"absolute": {"absolute"},
		"top":      {"top"},
	} {
		got, err := content.Behind(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got, err := content.Behind(files, "loop"); err != nil || len(got) > 41 {
		t.Errorf("a loop leads over %d paths, error %v", len(got), err)
	}
}
