//go:build e2e

package e2e_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/schema"
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
	files = maps.Clone(files)
	for name, content := range files {
		files[name] = strings.ReplaceAll(content, "REGISTRY", r.Host)
	}
	h := &here{t, newProject(t, r, "group/project", files), t.TempDir()}
	t.Cleanup(h.forget)
	h.git(t, "add", "-A")
	h.git(t, "commit", "-q", "-m", "images")
	return h
}

// madeHere matches the names of the images of these tests.
var madeHere = regexp.MustCompile(`^localhost/(app|base):[0-9a-f]{16}$`)

// forget removes what builds have left in the machine's storage.
func (h *here) forget() {
	var images []struct {
		Names []string `json:"names"`
	}
	if err := json.Unmarshal([]byte(buildah(h.T, "images", "--json")), &images); err != nil {
		h.Error(err)
	}
	for _, image := range images {
		for _, name := range image.Names {
			if madeHere.MatchString(name) || strings.HasPrefix(name, h.registry.Host+"/") {
				_ = exec.Command("buildah", "rmi", name).Run() // one that is in use stays
			}
		}
	}
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
    tests: [{name: the note, run: grep changed /note}, {name: the project, run: 'grep content app/file && echo x > app/file', checkout: true}]
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
	found := printedIn(t, container, "cat /note /made; ls /src")
	if strings.Contains(found, "untracked") {
		t.Errorf("a file that git does not have is in the image:\n%s", found)
	}
	h.prints(found, "changed", "here", "file")
	if names := buildah(t, "images", "--json"); strings.Contains(names, "/localhost/") {
		t.Errorf("names of the run are left:\n%s", names)
	}
	h.prints(h.stemma("build", "app"), "1 on this machine")
}

// TestAFamilyIsPublished builds a chain here and publishes it: what the registry gets is what a pipeline would have made of it.
func TestAFamilyIsPublished(t *testing.T) {
	files := maps.Clone(aFamily)
	files["stemma.yaml"], _, _ = strings.Cut(files["stemma.yaml"], "  broken:")
	files["note"] = "changed\n"
	h := newHere(t, files)
	to := "--registry=" + h.registry.Host
	h.prints(h.stemma("build", to), "base: built", "app: built")
	if h.registry.writes.Load() != 1 {
		t.Errorf("%d manifests were written before anything is published, one of them by the test", h.registry.writes.Load())
	}
	before := h.registry.uploaded.Load()
	h.prints(h.stemma("publish", to), "2 pushed", "group/project/app:latest")
	if sent := h.registry.uploaded.Load() - before; sent > 100_000 {
		t.Errorf("%d bytes were sent, though the registry has all layers of the parents", sent)
	}
	base, app := h.registry.image(t, "group/project/base:"+h.tag(t, "base")), h.registry.image(t, "group/project/app:latest")
	if of, own := layers(t, base), layers(t, app); !slices.Equal(of, own[:len(of)]) {
		t.Errorf("the layers %v do not begin with %v", own, of)
	}
	if got := labels(t, app); got[schema.LabelBaseDigest] != digest(t, base) || got[schema.LabelBaseName] != h.registry.Host+"/group/project/base:"+h.tag(t, "base") {
		t.Errorf("it is built on another image: %v", got)
	}
	h.cache = t.TempDir() // another machine
	h.prints(h.stemma("build", to), "2 published")

	// Another version of it makes the first one old. This registry deletes by digest alone, which would take other tags along: so
	// nothing is deleted, and that is said.
	old := h.tag(t, "base")
	h.write(t, map[string]string{"note": "changed again\n"})
	h.git(t, "commit", "-qam", "change")
	h.stemma("build", to)
	h.stemma("publish", to)
	h.prints(h.stemma("prune", to, "--keep=0h", "--dry-run"), "Would delete base:"+old, "Keep base:"+h.tag(t, "base")+": it is current")
	h.prints(h.fails("prune", to, "--keep=0h"), "deletes no tags by their names")
	if !h.registry.has("group/project/base:" + old) {
		t.Error("it is deleted")
	}
}

// TestAFamilyIsBuiltWithoutRights builds as most people do on their machines: as nobody special.
func TestAFamilyIsBuiltWithoutRights(t *testing.T) {
	files := maps.Clone(aFamily)
	files["stemma.yaml"], _, _ = strings.Cut(files["stemma.yaml"], "  broken:")
	files["note"] = "changed\n"
	h := newHere(t, files)
	home := unprivilegedHome(t)
	run(t, ".", "chmod", "a+rx", filepath.Dir(filepath.Dir(h.dir)), filepath.Dir(h.dir))
	run(t, ".", "chown", "-R", home.name, h.dir)
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Join(home.dir, ".cache", "stemma")) })
	for _, want := range []string{"2 built", "2 on this machine"} {
		command := h.command("build")
		command.SysProcAttr = &syscall.SysProcAttr{Credential: home.credential}
		command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home.dir, "TMPDIR=" + home.dir, "STORAGE_DRIVER=vfs"}
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		h.prints(string(out), want)
	}
}

// TestWithoutBuildahItIsNamed runs where nothing builds images.
func TestWithoutBuildahItIsNamed(t *testing.T) {
	h := newHere(t, map[string]string{"stemma.yaml": "version: 1\nimages: {base: {distribution: alpine, base: \"REGISTRY/lib/tiny:1\"}}\n"})
	stemma, err := exec.LookPath("stemma")
	if err != nil {
		t.Fatal(err)
	}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(git, filepath.Join(bin, "git")); err != nil {
		t.Fatal(err)
	}
	command := h.command("build")
	command.Path, command.Err = stemma, nil
	command.Env = append(command.Env, "PATH="+bin)
	if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), "install the package buildah") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPruneComponent includes the component that deletes old tags, in a project with two builds of an image.
func TestPruneComponent(t *testing.T) {
	r := startRegistry(t)
	component, err := os.ReadFile("../../templates/prune.yml")
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, r, "team/base", map[string]string{"templates/prune.yml": string(component), ".gitlab-ci.yml": `include:
  - local: templates/prune.yml
    inputs: {images: "base, other/image", keep: 4w, dry_run: "yes"}
stages: [build, test, deploy]
variables: {STEMMA_PRUNE: none of a project's own}
build: {stage: build, script: [echo built]}
`})
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "pipeline")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
	for letter, days := range map[string]int{"a": 3, "b": 46} {
		image, err := random.Image(10, 1)
		if err == nil {
			image, err = mutate.Config(image, v1.Config{Labels: map[string]string{
				schema.LabelImage: "base", schema.LabelInputs: strings.Repeat(letter, 64), schema.LabelCreated: time.Now().AddDate(0, 0, -days).Format(time.RFC3339),
			}})
		}
		if err != nil {
			t.Fatal(err)
		}
		reference, err := name.ParseReference(r.Host + "/team/base/base:" + strings.Repeat(letter, 16))
		if err == nil {
			err = remote.Write(reference, image)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	log := p.pipeline(t, "CI_PIPELINE_SOURCE=schedule")
	if !strings.Contains(log, "Would delete base:bbbbbbbbbbbbbbbb") || strings.Contains(log, "Would delete base:aaaaaaaaaaaaaaaa") {
		t.Error(log)
	}
	if log := p.pipeline(t, "CI_PIPELINE_SOURCE=push"); strings.Contains(log, "delete") {
		t.Errorf("a push prunes:\n%s", log)
	}
}
