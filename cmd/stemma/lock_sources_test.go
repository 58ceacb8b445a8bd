package main

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitServer serves the projects below a folder over HTTP, those below private/ with the token of a job alone.
func gitServer(t *testing.T, folder string) *httptest.Server {
	t.Helper()
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + folder, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); strings.HasPrefix(r.URL.Path, "/private/") && password != "t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

// commitTo commits to a project below a folder, which it makes at first, and returns the commit.
func commitTo(t *testing.T, folder string) string {
	t.Helper()
	run := func(args ...string) string {
		command := exec.Command("git", append([]string{"-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	run("init", "--quiet", "--initial-branch=main")
	run("commit", "--quiet", "--allow-empty", "--message="+folder)
	return run("rev-parse", "HEAD")
}

func TestSourcesArePinnedToCommits(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := gitServer(t, folder)
	lib, tools := filepath.Join(folder, "lib.git"), filepath.Join(folder, "private", "tools.git")
	first, other := commitTo(t, lib), commitTo(t, tools)
	s := newLockScene(t, `version: 1
images:
  app:
    containerfile: Containerfile
    sources:
      - {url: `+server.URL+`/lib.git, ref: main, path: src/lib}
      - {project: private/tools, path: src/tools}
      - {url: `+server.URL+`/lib.git, ref: `+first+`, path: src/old}
`)
	s.write("Containerfile", "FROM scratch\nCOPY src /src\n")
	s.environ = []string{"CI_SERVER_URL=" + server.URL}
	if out := s.run(1, "lock"); strings.Contains(out, "t0ken") || s.locked() != "" {
		t.Errorf("a project that is private was read without a token:\n%s", out)
	}
	s.environ = append(s.environ, "CI_JOB_TOKEN=t0ken")
	out := s.run(0, "lock")
	if locked := s.locked(); strings.Count(locked, first) != 1 || strings.Count(locked, other) != 1 || strings.Contains(locked+out, "t0ken") {
		t.Errorf("the lock is\n%s\nand it said\n%s", locked, out)
	}
	second := commitTo(t, lib)
	s.run(0, "lock")
	if strings.Contains(s.locked(), second) {
		t.Error("a source moved without being told to")
	}
	s.run(0, "compile")
	if out := s.run(0, "check", "--online"); !strings.Contains(out, "lib.git@main is pinned to the commit "+first[:12]+", and is at the commit "+second[:12]) {
		t.Errorf("it is not said that a source is behind:\n%s", out)
	}
	s.run(0, "lock", "--update", server.URL+"/lib.git@main")
	if !strings.Contains(s.locked(), second) {
		t.Errorf("the lock is\n%s", s.locked())
	}
}
