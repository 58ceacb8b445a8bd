//go:build e2e

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestNestedExampleOnDebian runs the nested example's two projects with packages from real mirrors. Fedora's registry may
// be out of reach where tests run, so a Debian made by mmdebstrap takes the place of its base image; all else is as it stands.
func TestNestedExampleOnDebian(t *testing.T) {
	r := startRegistry(t)
	pushDebian(t, r, "lib/debian:bookworm")
	base := copyOf(t, r, "examples/base", "../../examples/nested-images/base")
	rust := copyOf(t, r, "examples/rust", "../../examples/nested-images/rust")
	replace(t, base, "    distribution: fedora\n    version: \"43\"\n", "    distribution: debian\n    base: "+r.Host+"/lib/debian:bookworm\n")
	replace(t, rust, "    distribution: fedora\n", "    distribution: debian\n")

	base.compile(t)
	base.pipeline(t, "CI_PROJECT_PATH=examples/base")
	rust.compile(t)
	rust.pipeline(t, "CI_PROJECT_PATH=examples/rust")

	parent, child := r.image(t, "examples/base/fedora-base:latest"), r.image(t, "examples/rust/rust:latest")
	if got := labels(t, child)[schema.LabelBaseDigest]; got != digest(t, parent) {
		t.Errorf("rust was built on %s, and fedora-base is %s", got, digest(t, parent))
	}
	if config, err := r.image(t, "examples/rust/docs:latest").ConfigFile(); err != nil || len(config.RootFS.DiffIDs) != 4 {
		t.Errorf("docs should have a layer for Debian and for each of the three images: %v, %v", config.RootFS.DiffIDs, err)
	}
}

func replace(t *testing.T, p *project, old, new string) {
	t.Helper()
	file := filepath.Join(p.dir, "stemma.yaml")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), old) != 1 {
		t.Fatalf("the example has changed: %q stands in it %d times", old, strings.Count(string(source), old))
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(source), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// pushDebian makes a small Debian from the mirrors that this machine uses.
func pushDebian(t *testing.T, r *registry, reference string) {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "debian.tar")
	run(t, ".", "mmdebstrap", "--quiet", "--variant=apt", "bookworm", archive)
	container := strings.TrimSpace(buildah(t, "from", "scratch"))
	defer buildah(t, "rm", container)
	buildah(t, "add", "--quiet", container, archive, "/")
	id := strings.TrimSpace(buildah(t, "commit", "--quiet", container))
	defer buildah(t, "rmi", id)
	buildah(t, "push", "--quiet", "--tls-verify=false", id, "docker://"+r.Host+"/"+reference)
}
