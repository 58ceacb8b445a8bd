package checkout

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
