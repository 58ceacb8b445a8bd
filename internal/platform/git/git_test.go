package git_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

func TestIgnoredLeavesOutWhatGitHas(t *testing.T) {
	t.Parallel()
	r := git.Repository{Dir: t.TempDir(), Environ: append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")}
	if _, err := r.Run(t.Context(), "init", "--quiet"); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{".gitignore": "*.yml\nd\n", "added.yml": ""} {
		if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Run(t.Context(), "add", "-f", "added.yml"); err != nil {
		t.Fatal(err)
	}
	for want, files := range map[string][]string{
		"":                  {"new.txt"},
		"d/é b.txt new.yml": {"new.txt", "d/é b.txt", "added.yml", "new.yml"},
	} {
		if got, err := r.Ignored(t.Context(), files); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q of %q (%v)", got, files, err)
		}
	}
	if got, err := r.Ignored(t.Context(), nil); err != nil || got != nil {
		t.Errorf("%q, %v", got, err)
	}
	elsewhere := git.Repository{Dir: t.TempDir(), Environ: append(r.Environ, "GIT_DIR=/nowhere")}
	if got, err := elsewhere.Ignored(t.Context(), []string{"f"}); err != nil || got != nil {
		t.Errorf("a folder that git refuses: %q, %v", got, err)
	}
}

func TestFindNamesTheCommit(t *testing.T) {
	t.Parallel()
	r, run := newRepository(t)
	first := run("rev-parse", "HEAD")
	run("tag", "--annotate", "--message=1", "v1")
	run("branch", "feature/main")
	run("commit", "--quiet", "--allow-empty", "--message=2")
	second := run("rev-parse", "HEAD")
	run("branch", "v1")
	for ref, want := range map[string]string{"": second, "HEAD": second, "main": second, "feature/main": first, "v1": first} {
		if got, err := r.Find(t.Context(), r.Dir, ref); err != nil || got != want {
			t.Errorf("%q is %s (%v), want %s", ref, got, err, want)
		}
	}
	if _, err := r.Find(t.Context(), r.Dir, "ain"); err == nil || !strings.Contains(err.Error(), `no branch or tag "ain"`) {
		t.Errorf("a ref that is not there: %v", err)
	}
}

// Git locks a checkout while it makes it, and one whose making was killed stays locked.
func TestForgetMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// folder is around the checkout; change is what happens to it.
		folder      string
		change      func(folder string) error
		isForgotten bool
	}{
		"gone":              {"made-1", os.RemoveAll, true},
		"still there":       {"made-1", func(string) error { return nil }, false},
		"gone, of somebody": {"mine", os.RemoveAll, false},
		"behind something unreadable": {"made-1", func(folder string) error {
			return errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600))
		}, false},
	}
	for name, test := range tests {
		for what, options := range map[string][]string{"complete": nil, "locked": {"--lock", "--reason=initializing"}} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				r, run := newRepository(t)
				folder := filepath.Join(t.TempDir(), test.folder)
				run(slices.Concat([]string{"worktree", "add", "--quiet", "--detach"}, options, []string{"--", filepath.Join(folder, "checkout")})...)
				if err := test.change(folder); err != nil {
					t.Fatal(err)
				}
				if err := r.ForgetMissing(t.Context(), "made-*"); err != nil {
					t.Error(err)
				}
				if isForgotten := !strings.Contains(run("worktree", "list"), folder); isForgotten != test.isForgotten {
					t.Errorf("forgotten: %t", isForgotten)
				}
			})
		}
	}
}

// newRepository is a repository with one commit, and what runs git there.
func newRepository(t *testing.T) (r git.Repository, run func(args ...string) string) {
	t.Helper()
	r = git.Repository{Dir: t.TempDir(), Environ: append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")}
	run = func(args ...string) string {
		t.Helper()
		out, err := r.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	run("init", "--quiet", "--initial-branch=main")
	if err := os.WriteFile(filepath.Join(r.Dir, "f"), []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	run("add", "f")
	run("commit", "--quiet", "--message=1")
	return r, run
}
