// Package projecttest opens projects for tests.
package projecttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
)

// Environ is an environment in which git works and has a user, but no settings of this machine.
func Environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org",
	}
}

// Write writes files, by their paths, to a folder.
func Write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Commit commits all files of a folder, which becomes a git repository with the branch main.
func Commit(t testing.TB, dir string) {
	t.Helper()
	Git(t, dir, "init", "--quiet", "--initial-branch=main")
	Git(t, dir, "add", "--all")
	Git(t, dir, "commit", "--quiet", "--allow-empty", "--message=files")
}

// Git runs git in a folder and returns what it prints.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir, command.Env = dir, Environ()
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Open opens the project in a folder until the test ends, with more variables in its environment.
func Open(t testing.TB, dir string, environ ...string) *project.Project {
	t.Helper()
	p, err := project.Open(t.Context(), dir, append(Environ(), environ...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// New opens a project with a definition and without git.
func New(t testing.TB, definition string, environ ...string) *project.Project {
	t.Helper()
	dir := t.TempDir()
	Write(t, dir, map[string]string{"stemma.yaml": definition})
	return Open(t, dir, environ...)
}
