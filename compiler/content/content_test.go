package content_test

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/content"
)

func TestSumCoversWhatGitTellsApart(t *testing.T) {
	t.Parallel()
	base := fstest.MapFS{"a": {Data: []byte("1"), Mode: 0o644}, "b": {Data: []byte("2"), Mode: 0o644}}
	changes := map[string]struct {
		files fstest.MapFS
		same  bool
	}{
		"nothing":                {fstest.MapFS{"a": {Data: []byte("1"), Mode: 0o644}, "b": {Data: []byte("2"), Mode: 0o644}}, true},
		"times and other bits":   {fstest.MapFS{"a": {Data: []byte("1"), Mode: 0o600, ModTime: time.Unix(9, 9)}, "b": {Data: []byte("2"), Mode: 0o644}}, true},
		"content":                {fstest.MapFS{"a": {Data: []byte("1\r"), Mode: 0o644}, "b": {Data: []byte("2"), Mode: 0o644}}, false},
		"executable bit":         {fstest.MapFS{"a": {Data: []byte("1"), Mode: 0o755}, "b": {Data: []byte("2"), Mode: 0o644}}, false},
		"contents that swap":     {fstest.MapFS{"a": {Data: []byte("2"), Mode: 0o644}, "b": {Data: []byte("1"), Mode: 0o644}}, false},
		"a link with equal text": {fstest.MapFS{"a": {Data: []byte("1"), Mode: 0o644 | fs.ModeSymlink}, "b": {Data: []byte("2"), Mode: 0o644}}, false},
	}
	want := sum(t, base)
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sum(t, change.files); (got == want) != change.same {
				t.Errorf("sums %s and %s, want equal: %v", got, want, change.same)
			}
		})
	}
}

func sum(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	got, err := content.New(files).Sum([]string{"b", "a"})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestContextLeavesOutWhatIsIgnored(t *testing.T) {
	t.Parallel()
	file := &fstest.MapFile{}
	tests := map[string]struct {
		files fstest.MapFS
		want  []string
	}{
		"no ignore file":          {fstest.MapFS{"d/Containerfile": file, "d/a": file, "e": file}, []string{"d/Containerfile", "d/a"}},
		"docker's":                {fstest.MapFS{"d/.dockerignore": {Data: []byte("*.log\n!keep.log\n")}, "d/a.log": file, "d/keep.log": file}, []string{"d/.dockerignore", "d/keep.log"}},
		"containers' comes first": {fstest.MapFS{"d/.dockerignore": {Data: []byte("a")}, "d/.containerignore": {Data: []byte("b")}, "d/a": file, "d/b": file}, []string{"d/.containerignore", "d/.dockerignore", "d/a"}},
		"the file's own wins":     {fstest.MapFS{"d/Containerfile.dockerignore": {Data: []byte("a")}, "d/.dockerignore": {Data: []byte("b")}, "d/a": file, "d/b": file}, []string{"d/.dockerignore", "d/Containerfile.dockerignore", "d/b"}},
		"a folder":                {fstest.MapFS{"d/.dockerignore": {Data: []byte("sub")}, "d/sub/deep/a": file, "d/b": file}, []string{"d/.dockerignore", "d/b"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := content.Context(test.files, "d", "d/Containerfile")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"a/x.sh": {}, "a/b/y.sh": {}, "c.sh": {}}
	for pattern, want := range map[string][]string{
		"c.sh": {"c.sh"}, "**/*.sh": {"a/b/y.sh", "a/x.sh", "c.sh"}, "a/*.sh": {"a/x.sh"}, "none/*": nil, "none": nil,
	} {
		got, err := content.Glob(files, pattern)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", pattern, diff)
		}
	}
}
