package worktree_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/worktree"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func open(t *testing.T, dir string) *worktree.Tree {
	t.Helper()
	tree, err := worktree.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func walk(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestListingsHoldWhatGitHas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "", "sub/b": "", "sub/new": "", "gone": ""})
	git(t, dir, "init", "-q")
	git(t, dir, "add", "a", "sub/b", "gone")
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "sub/b"}, walk(t, open(t, dir))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b"}, walk(t, open(t, filepath.Join(dir, "sub")))); diff != "" {
		t.Error("a project below the repository's top:", diff)
	}
	if _, err := fs.ReadFile(open(t, dir), "sub/new"); err != nil {
		t.Error("a named file opens although git does not have it:", err)
	}
}

func TestListingsWithoutGitAndInLinkedWorkTrees(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"main/a": "", "plain/b": ""})
	if diff := cmp.Diff([]string{"b"}, walk(t, open(t, filepath.Join(dir, "plain")))); diff != "" {
		t.Error(diff)
	}
	main := filepath.Join(dir, "main")
	git(t, main, "init", "-q")
	git(t, main, "add", "a")
	git(t, main, "commit", "-qm", "a")
	git(t, main, "worktree", "add", "-q", "../linked")
	if diff := cmp.Diff([]string{"a"}, walk(t, open(t, filepath.Join(dir, "linked")))); diff != "" {
		t.Error(diff)
	}
}

func TestLinksOutOfTheProjectAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"secret": "s", "project/a": ""})
	if err := os.Symlink("../secret", filepath.Join(dir, "project", "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(open(t, filepath.Join(dir, "project")), "link"); err == nil {
		t.Error("the link was followed")
	}
}

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

func TestApplyMakesNoChangeWhenOneFails(t *testing.T) {
	t.Parallel()
	faults := map[string]func(t *testing.T, dir string){
		"a folder stands in a file's place": func(t *testing.T, dir string) { write(t, dir, map[string]string{"last/x": ""}) },
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
				{Path: "old", Content: []byte("new")}, {Path: "gone", Remove: true}, {Path: "made/file", Content: []byte("3")}, {Path: "last", Content: []byte("4")},
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
