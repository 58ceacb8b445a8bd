//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// here is a project whose images are built on this machine, with a cache of its own.
type here struct {
	*testing.T
	*project
	cache string
}

func newHere(t *testing.T, files map[string]string) *here {
	t.Helper()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	for name, content := range files {
		files[name] = strings.ReplaceAll(content, "REGISTRY", r.Host)
	}
	h := &here{t, newProject(t, r, "group/project", files), t.TempDir()}
	h.git(t, "add", "-A")
	h.git(t, "commit", "-q", "-m", "images")
	return h
}

func (h *here) command(args ...string) *exec.Cmd {
	command := exec.Command("stemma", args...)
	command.Dir = h.dir
	command.Env = append(os.Environ(), "XDG_CACHE_HOME="+h.cache)
	return command
}

// stemma runs a command, which must pass, and returns what it prints.
func (h *here) stemma(args ...string) string {
	h.Helper()
	out, err := h.command(args...).CombinedOutput()
	if err != nil {
		h.Fatalf("stemma %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// fails runs a command, which must fail, and returns what it prints.
func (h *here) fails(args ...string) string {
	h.Helper()
	out, err := h.command(args...).CombinedOutput()
	if err == nil {
		h.Fatalf("stemma %v passed:\n%s", args, out)
	}
	return string(out)
}

func (h *here) prints(out string, wanted ...string) {
	h.Helper()
	for _, want := range wanted {
		if !strings.Contains(out, want) {
			h.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

// aFamily is a chain of two images, one of them from a Containerfile, and an image beside it that cannot be built, with a child.
var aFamily = map[string]string{
	"stemma.yaml": `version: 1
project: group/project
images:
  base:
    distribution: alpine
    base: "REGISTRY/lib/tiny:1"
    exec: "cp note /note; echo here > /made"
    watch: [note]
    tests: [{name: the note, run: grep changed /note}]
  app: {containerfile: app/Containerfile, args: {WHO: world}, tests: [{name: it greets, run: 'test "$(/hello)" = "hello world"'}]}
  broken: {distribution: alpine, base: "REGISTRY/lib/tiny:1", exec: "echo the reason; exit 3"}
  child: {base: broken}
`,
	"note":              "first\n",
	"app/Containerfile": "ARG WHO\nFROM base\nARG WHO\nCOPY . /src\nRUN echo '#!/bin/sh' > /hello && echo \"echo hello $WHO\" >> /hello && chmod +x /hello\n",
	"app/file":          "content\n",
}

// TestAFamilyIsBuiltHere builds images without a registry of their own, and once more where nothing is to be done.
func TestAFamilyIsBuiltHere(t *testing.T) {
	h := newHere(t, aFamily)
	h.write(t, map[string]string{"app/untracked": "a secret\n", "note": "changed\n"})
	out := h.fails("build", "--jobs", "2")
	h.prints(out, "base: built", "app: built", "broken: failed", "child: skipped, since broken failed", "2 built, 1 failed, 1 skipped", "exit code 3 in its line 1")
	container := strings.TrimSpace(buildah(t, "from", "--pull-never", "localhost/app:"+h.tag(t, "app")))
	defer buildah(t, "rm", container)
	found := buildah(t, "run", "--isolation", "chroot", container, "--", "/bin/sh", "-c", "cat /note /made; ls /src")
	if strings.Contains(found, "untracked") {
		t.Errorf("a file that git does not have is in the image:\n%s", found)
	}
	h.prints(found, "changed", "here", "file")
	if names := buildah(t, "images", "--json"); strings.Contains(names, "/localhost/") {
		t.Errorf("names of the run are left:\n%s", names)
	}
	h.prints(h.stemma("build", "app"), "1 on this machine")
}
