package content_test

import (
	"errors"
	"io/fs"
	"slices"
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

// none leaves no file out.
func none(string) bool { return false }

func sum(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	got, err := content.New(files, none).Set("b", "a").Sum(nil)
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
		"an ignore file that ignores itself": {fstest.MapFS{"d/.dockerignore": {Data: []byte("*\n")}, "d/a": file}, []string{"d/.dockerignore"}},
		"no ignore file":                     {fstest.MapFS{"d/b": file, "d/a": file, "e": file}, []string{"d/a", "d/b"}},
		"docker's":                           {fstest.MapFS{"d/.dockerignore": {Data: []byte("*.log\n!keep.log\n")}, "d/a.log": file, "d/keep.log": file}, []string{"d/.dockerignore", "d/keep.log"}},
		"containers' comes first":            {fstest.MapFS{"d/.dockerignore": {Data: []byte("a")}, "d/.containerignore": {Data: []byte("b")}, "d/a": file, "d/b": file}, []string{"d/.containerignore", "d/.dockerignore", "d/a"}},
		"the file's own wins":                {fstest.MapFS{"f/Containerfile.dockerignore": {Data: []byte("a")}, "d/.dockerignore": {Data: []byte("b")}, "d/a": file, "d/b": file}, []string{"d/.dockerignore", "d/b", "f/Containerfile.dockerignore"}},
		"a folder":                           {fstest.MapFS{"d/.dockerignore": {Data: []byte("sub")}, "d/sub/deep/a": file, "d/b": file}, []string{"d/.dockerignore", "d/b"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.files["f/Containerfile"] = file
			got, err := content.New(test.files, none).Context("d", "f/Containerfile")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Paths); diff != "" {
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

func TestContextErrors(t *testing.T) {
	t.Parallel()
	link := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink}
	}
	files := fstest.MapFS{"d/Containerfile": {}, "d/gone": link("nowhere"), "f": {}}
	tests := map[string]struct {
		folder, containerfile string
		isMissing             bool
	}{
		"no Containerfile":         {"d", "d/x", true},
		"a link to nothing":        {"d", "d/gone", false},
		"no folder":                {"x", "d/Containerfile", false},
		"a file in folder's place": {"f", "d/Containerfile", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := content.New(files, none).Context(test.folder, test.containerfile)
			if err == nil || errors.Is(err, fs.ErrNotExist) != test.isMissing {
				t.Errorf("error %v, want a missing Containerfile: %v", err, test.isMissing)
			}
		})
	}
}

func TestSumFollowsLinksInsideTheProject(t *testing.T) {
	t.Parallel()
	sum := func(target, behind string) string {
		files := fstest.MapFS{"link": {Data: []byte(target), Mode: fs.ModeSymlink}, "a": {Data: []byte(behind)}}
		got, err := content.New(files, none).Set("link").Sum(nil)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if sum("a", "1") == sum("a", "2") {
		t.Error("the target of a link does not count")
	}
	if sum("nowhere", "1") != sum("nowhere", "2") || sum("nowhere", "1") == sum("nowhere2", "1") {
		t.Error("a link to nothing counts as something else than the path it holds")
	}
}

func TestSumReadsEachFileOnce(t *testing.T) {
	t.Parallel()
	files := &counting{MapFS: fstest.MapFS{"a": {Data: []byte("1")}, "b": {Data: []byte("2")}}, opened: map[string]int{}}
	project := content.New(files, none)
	for range 1000 {
		if _, err := project.Set("a", "b").Sum(nil); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, files.opened); diff != "" {
		t.Error(diff)
	}
}

// counting counts how often each file is opened, and each folder listed.
type counting struct {
	fstest.MapFS
	opened map[string]int
}

func (c *counting) Open(name string) (fs.File, error) {
	c.opened[name]++
	return c.MapFS.Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (c *counting) ReadDir(name string) ([]fs.DirEntry, error) {
	c.opened[name]++
	return c.MapFS.ReadDir(name)
}

func TestSumFramesItsParts(t *testing.T) {
	t.Parallel()
	one := fstest.MapFS{"ab": {Data: []byte("c")}}
	two := fstest.MapFS{"a": {Data: []byte("bc")}}
	first, err1 := content.New(one, none).Set("ab").Sum(nil)
	second, err2 := content.New(two, none).Set("a").Sum(nil)
	if err1 != nil || err2 != nil || first == second {
		t.Errorf("sums %s and %s, errors %v and %v", first, second, err1, err2)
	}
}

func TestSumWithout(t *testing.T) {
	t.Parallel()
	project := content.New(fstest.MapFS{"a": {Data: []byte("1")}, "b": {Data: []byte("2")}, "c": {Data: []byte("3")}}, none)
	for _, without := range [][]string{nil, {"a"}, {"b"}, {"c"}, {"c", "a"}, {"b", "b", "other"}, {"a", "b", "c"}} {
		rest := slices.DeleteFunc([]string{"a", "b", "c"}, func(file string) bool { return slices.Contains(without, file) })
		want, err := project.Set(rest...).Sum(nil)
		if err != nil {
			t.Fatal(err)
		}
		all := project.Set("a", "b", "c")
		for range 2 {
			if got, err := all.Sum(without); err != nil || got != want {
				t.Errorf("the sum without %v is %s, error %v, want the sum of %v: %s", without, got, err, rest, want)
			}
		}
	}
}

// TestAFolderIsListedOnce shares a listing between a thousand images, some of which have an ignore file of their own.
func TestAFolderIsListedOnce(t *testing.T) {
	t.Parallel()
	files := &counting{MapFS: fstest.MapFS{"d/a": {}, "d/b": {}, "d/sub/c": {}, "one/Containerfile": {}, "two/Containerfile": {}}, opened: map[string]int{}}
	files.MapFS["two/Containerfile.dockerignore"] = &fstest.MapFile{Data: []byte("a\n")}
	project := content.New(files, func(file string) bool { return file == "d/b" })
	for range 1000 {
		for containerfile, want := range map[string][]string{
			"one/Containerfile": {"d/a", "d/sub/c"}, "two/Containerfile": {"d/sub/c", "two/Containerfile.dockerignore"},
		} {
			got, err := project.Context("d", containerfile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Paths); diff != "" {
				t.Fatalf("the context of %s: %s", containerfile, diff)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"d": 1, "d/sub": 1, "two/Containerfile.dockerignore": 1}, files.opened); diff != "" {
		t.Errorf("opened (-want +got): %s", diff)
	}
}
