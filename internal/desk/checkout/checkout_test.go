package checkout

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/project/projecttest"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// addCheckout makes a checkout beside the repository's own, in a folder.
func addCheckout(t *testing.T, r git.Repository, folder string) string {
	t.Helper()
	checkout := filepath.Join(folder, "0")
	if _, _, err := r.Worktree(t.Context(), "HEAD", checkout); err != nil {
		t.Fatal(err)
	}
	return checkout
}

func TestSweepCheckouts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := git.Repository{Dir: t.TempDir(), Environ: append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")}
	for _, args := range [][]string{{"init", "--quiet"}, {"commit", "--quiet", "--allow-empty", "--message=1"}} {
		if _, err := r.Run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	mine := addCheckout(t, r, t.TempDir())
	if err := os.RemoveAll(mine); err != nil { // as a disk that is not mounted at present
		t.Fatal(err)
	}
	folder, err := NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	dead, living := addCheckout(t, r, deadFolder(t, kind)), addCheckout(t, r, folder.Path)
	// A folder of another kind that a dead command has left is for the commands that build.
	other := deadFolder(t, "build")
	foreign := foreignFolder(t)
	if err := Sweep(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	known, err := r.Run(t.Context(), "worktree", "list")
	if err != nil {
		t.Fatal(err)
	}
	for path, isKnown := range map[string]bool{dead: false, living: true, mine: true} {
		if strings.Contains(known, path+" ") != isKnown {
			t.Errorf("%s: want known: %t; git knows\n%s", path, isKnown, known)
		}
	}
	for path, stays := range map[string]bool{filepath.Dir(dead): false, living: true, other: true, foreign: true} {
		if _, err := os.Lstat(path); (err == nil) != stays {
			t.Errorf("%s: %v, want it to stay: %t", path, err, stays)
		}
	}
}

// foreignFolder has the name of a folder for checkouts, but is another user's, or cannot be read.
func foreignFolder(t *testing.T) string {
	t.Helper()
	folder := deadFolder(t, kind)
	var err error
	if os.Geteuid() == 0 {
		err = os.Chown(folder, 65534, 65534)
	} else {
		err = os.Chmod(folder, 0)
		t.Cleanup(func() { _ = os.Chmod(folder, 0o700) }) // so that it can be removed
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// deadFolder is an empty folder of a command that was killed.
func deadFolder(t *testing.T, what string) string {
	t.Helper()
	folder, err := scratch.New(what)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Empty(); err != nil { // that ends its lock
		t.Fatal(err)
	}
	return folder.Path
}

// A clone has the commit and the files as they are now, also if the project is a folder of the repository.
func TestCloneHasTheFilesAsTheyAreNow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	projecttest.Write(t, dir, map[string]string{"images/stemma.yaml": "version: 1\nimages: {}\n", "other": "committed"})
	projecttest.Commit(t, dir)
	projecttest.Write(t, dir, map[string]string{"images/stemma.yaml": "version: 1\nimages: {} # changed\n"})
	clone := filepath.Join(t.TempDir(), "clone")
	var log strings.Builder
	if err := Clone(t.Context(), projecttest.Open(t, filepath.Join(dir, "images")), &log, clone); err != nil || log.Len() > 0 {
		t.Fatalf("got %v, logged %q; want neither", err, log.String())
	}
	if content, err := os.ReadFile(filepath.Join(clone, "images", "stemma.yaml")); err != nil || !strings.Contains(string(content), "# changed") {
		t.Errorf("got %q, %v; want the changed file", content, err)
	}
	if got, want := projecttest.Git(t, clone, "rev-parse", "HEAD"), projecttest.Git(t, dir, "rev-parse", "HEAD"); got != want {
		t.Errorf("got the commit %s, want %s", got, want)
	}
}

func TestCloneWithoutGitCopiesTheFiles(t *testing.T) {
	t.Parallel()
	clone := filepath.Join(t.TempDir(), "clone")
	if err := Clone(t.Context(), projecttest.New(t, "version: 1\nimages: {}\n"), io.Discard, clone); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(clone, "stemma.yaml")); err != nil {
		t.Errorf("got %v, want a copy of stemma.yaml", err)
	}
}

// The committed definition is compiled, whatever the work tree has, and the repository forgets the checkout.
func TestCompileReadsTheCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	projecttest.Write(t, dir, map[string]string{"images/stemma.yaml": "version: 1\nimages: {app: {distribution: alpine, version: \"3.22\"}}\n"})
	projecttest.Commit(t, dir)
	projecttest.Write(t, dir, map[string]string{"images/stemma.yaml": "version: 1\nimages: {}\n"})
	var names []string
	err := Compile(t.Context(), projecttest.Open(t, filepath.Join(dir, "images")), func(p *project.Project) error {
		names = p.ImageNames()
		return nil
	})
	if err != nil || !slices.Equal(names, []string{"app"}) {
		t.Errorf("got %v, %v; want the image app", names, err)
	}
	if got := strings.Count(projecttest.Git(t, dir, "worktree", "list"), "\n"); got != 1 {
		t.Errorf("got %d checkouts, want 1", got)
	}
}

func TestCompileOfACommitWithErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	projecttest.Write(t, dir, map[string]string{"stemma.yaml": "version: 1\nimages: {app: {}}\n"})
	projecttest.Commit(t, dir)
	err := Compile(t.Context(), projecttest.Open(t, dir), func(*project.Project) error {
		t.Error("got a call for a definition with errors, want none")
		return nil
	})
	if err == nil || err.Error() != "the definition of the present commit has errors" {
		t.Errorf("got %v, want an error about the definition", err)
	}
}
