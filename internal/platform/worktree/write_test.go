package worktree_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

func TestApplyMakesAllChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"old": "1", "gone": "2"})
	err := open(t, dir).Apply([]worktree.Change{
		{Path: "old", Content: []byte("new")}, {Path: "gone", Remove: true}, {Path: "deep/er/file", Content: []byte("3")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"old": "new", "deep/er/file": "3"}
	if diff := cmp.Diff(want, content(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestApplyKeepsTheModeOfAFile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		mode         fs.FileMode
		isExecutable bool
		want         fs.FileMode
	}{
		"a program":                     {0o755, false, 0o755},
		"only the owner reads it":       {0o600, false, 0o600},
		"the group writes it":           {0o664, false, 0o664},
		"a file that becomes a program": {0o640, true, 0o751},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, map[string]string{"file": "1"})
			file := filepath.Join(dir, "file")
			if err := os.Chmod(file, test.mode); err != nil {
				t.Fatal(err)
			}
			if err := open(t, dir).Apply([]worktree.Change{{Path: "file", Content: []byte("2"), Executable: test.isExecutable}}); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != test.want {
				t.Errorf("the file has the mode %o, want %o", got, test.want)
			}
		})
	}
}

func TestApplyMakesNoChangeWhenOneFails(t *testing.T) {
	t.Parallel()
	faults := map[string]func(t *testing.T, dir string){
		"a folder has a file's path": func(t *testing.T, dir string) { write(t, dir, map[string]string{"last/x": ""}) },
		"a file has a folder's path": func(t *testing.T, dir string) { write(t, dir, map[string]string{".gitlab": ""}) },
		"the folder is a link out of the project": func(t *testing.T, dir string) {
			if err := os.Symlink(t.TempDir(), filepath.Join(dir, ".gitlab")); err != nil {
				t.Fatal(err)
			}
		},
		"a link leads out of the project": func(t *testing.T, dir string) {
			if err := os.Symlink(os.TempDir(), filepath.Join(dir, "last")); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, map[string]string{"old": "1", "gone": "2"})
			fault(t, dir)
			before := content(t, dir)
			err := open(t, dir).Apply([]worktree.Change{
				{Path: "old", Content: []byte("new")}, {Path: "gone", Remove: true}, {Path: "made/file", Content: []byte("3")}, {Path: ".gitlab/file", Content: []byte("4")}, {Path: "last", Content: []byte("4")},
			})
			if err == nil {
				t.Fatal("nothing failed")
			}
			if diff := cmp.Diff(before, content(t, dir)); diff != "" {
				t.Errorf("%v left:\n%s", err, diff)
			}
		})
	}
}

func TestApplyLeavesWhatIsAsItShouldBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"same": "1"})
	long := time.Unix(1, 0)
	if err := os.Chtimes(filepath.Join(dir, "same"), long, long); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Apply([]worktree.Change{{Path: "same", Content: []byte("1")}, {Path: "none", Remove: true}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "same"))
	if err != nil || !info.ModTime().Equal(long) {
		t.Errorf("the file was written again at %v, %v", info, err)
	}
}

func TestApplyGoesOnAfterARunThatWasKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", ".a.stemma-old": "0", ".a.stemma-new": "half"})
	if err := open(t, dir).Apply([]worktree.Change{{Path: "a", Content: []byte("2")}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "2"}, content(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		source, err := os.ReadFile(name)
		below, _ := filepath.Rel(dir, name)
		files[below] = string(source)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}
