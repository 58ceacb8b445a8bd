package worktree_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
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
	tree := open(t, filepath.Join(dir, "project"))
	var refusal interface{ IsOutside() bool }
	if _, err := fs.ReadFile(tree, "link"); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "escapes from the project") {
		t.Errorf("got the error %v, want one that the compiler knows as a path out of the project", err)
	}
	if _, err := fs.ReadFile(tree, "../secret"); err == nil {
		t.Error("a path out of the project was read")
	}
	if target, err := fs.ReadLink(tree, "link"); err != nil || target != "../secret" {
		t.Errorf("the link itself reads as %q, %v", target, err)
	}
}

func TestFoldersInWhichGitHasNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"sub/a": "", "new/b": "", "file": ""})
	if err := os.Symlink("sub", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "-q")
	git(t, dir, "add", "sub", "link")
	tree := open(t, dir)
	if entries, err := fs.ReadDir(tree, "new"); err != nil || len(entries) > 0 {
		t.Errorf("an untracked folder lists %v, %v", entries, err)
	}
	for _, name := range []string{"none", "file", "link"} {
		if entries, err := fs.ReadDir(tree, name); err == nil {
			t.Errorf("%s lists %v", name, entries)
		}
	}
}

func TestSubmodulesListNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "", "module/b": ""})
	module := filepath.Join(dir, "module")
	git(t, module, "init", "-q")
	git(t, module, "add", "b")
	git(t, module, "commit", "-qm", "b")
	git(t, dir, "init", "-q")
	git(t, dir, "-c", "advice.addEmbeddedRepo=false", "add", "a", "module")
	if diff := cmp.Diff([]string{"a"}, walk(t, open(t, dir))); diff != "" {
		t.Error(diff)
	}
}

func TestTheIndexThatGitNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"sub/a": "", "sub/b": ""})
	git(t, dir, "init", "-q")
	git(t, dir, "add", "sub/a")
	if err := os.Rename(filepath.Join(dir, ".git", "index"), filepath.Join(dir, ".git", "another")); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", "sub/b")
	for indexFile, want := range map[string]string{"": "b", ".git/another": "a", filepath.Join(dir, ".git", "another"): "a"} {
		tree, err := worktree.Open(filepath.Join(dir, "sub"), indexFile)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{want}, walk(t, tree)); diff != "" {
			t.Errorf("index %q: %s", indexFile, diff)
		}
		if has, err := tree.Has(want); err != nil || !has {
			t.Errorf("index %q: has %s: %v, %v", indexFile, want, has, err)
		}
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFormsOfTheIndex(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(t *testing.T, dir string)
		mistake string
	}{
		"version 4": {change: func(t *testing.T, dir string) { git(t, dir, "update-index", "--index-version", "4") }},
		"without a checksum": {change: func(t *testing.T, dir string) {
			rewrite(t, dir, func(index []byte) []byte { return append(index[:len(index)-20], make([]byte, 20)...) })
		}},
		"split":  {func(t *testing.T, dir string) { git(t, dir, "update-index", "--split-index") }, "--no-split-index"},
		"sparse": {func(t *testing.T, dir string) { git(t, dir, "sparse-checkout", "set", "--no-cone", "/sub/a") }, "a sparse checkout leaves out sub/b: run `git sparse-checkout disable`"},
		"sparse elsewhere": {change: func(t *testing.T, dir string) {
			write(t, dir, map[string]string{"other/c": ""})
			git(t, dir, "add", "other")
			git(t, dir, "sparse-checkout", "set", "--no-cone", "/sub/")
		}},
		"damaged": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(index []byte) []byte { return bytes.Replace(index, []byte("sub/a"), []byte("sub/x"), 1) })
		}, "checksum"},
		"cut off": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(index []byte) []byte { return index[:40] })
		}, "index"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, map[string]string{"sub/a": "", "sub/b": ""})
			git(t, dir, "init", "-q")
			git(t, dir, "add", "sub")
			test.change(t, dir)
			_, err := fs.ReadDir(open(t, dir), "sub")
			if (test.mistake == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.mistake) {
				t.Errorf("error %v, want %q", err, test.mistake)
			}
		})
	}
}

func rewrite(t *testing.T, dir string, change func([]byte) []byte) {
	t.Helper()
	name := filepath.Join(dir, ".git", "index")
	index, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, change(index), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
