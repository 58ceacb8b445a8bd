//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestRuntimeImage builds the image that compiled jobs run in with this project's own compiled pipeline, for the platform
// of this machine, on a Debian from a mirror; then it builds and tests another image inside of it.
func TestRuntimeImage(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	pushDebian(t, r, "hub/library/debian:trixie-slim")
	p := newProject(t, r, "stemma-ci/stemma", nil)
	run(t, "../..", "git", "checkout-index", "--all", "--prefix="+p.dir+"/")
	p.compile(t)
	if changed := run(t, p.dir, "git", "status", "--porcelain", ".gitlab", "templates"); changed != "" {
		t.Errorf("the compiled pipeline is stale:\n%s", changed)
	}
	log, err := p.try("ARCHITECTURES="+runtime.GOARCH, "STEMMA_REGISTRY_MIRRORS=docker.io="+r.Host+"/hub", "commands", "build:runtime@"+runtime.GOARCH)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	pushed := regexp.MustCompile(`Pushed (\S+@sha256:[0-9a-f]{64})`).FindStringSubmatch(log)
	if pushed == nil || !strings.Contains(log, "Take docker.io/library/debian:trixie-slim from the mirror") {
		t.Fatalf("no image was pushed:\n%s", log)
	}

	container := strings.TrimSpace(buildah(t, "from", "--quiet", "--tls-verify=false", "docker://"+pushed[1]))
	defer buildah(t, "rm", container)
	folder := strings.TrimSpace(buildah(t, "mount", container))
	// A runner's container may mount and make namespaces, which a container within buildah may not; so this one is entered
	// as a folder.
	inside := func(script string) string {
		enter := `mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; exec chroot "$1" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin HOME=/root /bin/sh -e -c "$2"`
		return run(t, ".", "unshare", "--mount", "/bin/sh", "-e", "-c", enter, "enter", folder, script)
	}
	if out := inside("stemma version"); !strings.Contains(out, "stemma "+schema.Version) {
		t.Error(out)
	}
	out := inside("export CI_REGISTRY=" + r.Host + " CI_REGISTRY_IMAGE=" + r.Host + "/nested\n" +
		"export FDO_REPO_SUFFIX=image FDO_DISTRIBUTION_TAG=1 FDO_BASE_IMAGE=" + r.Host + "/lib/tiny:1 STEMMA_ENV='{\"A\":\"b\"}'\n" +
		"cd /tmp && stemma job build\n" +
		"STEMMA_TESTS='[{\"name\":\"it starts\",\"run\":\"test $A = b\"}]' stemma job verify")
	if !strings.Contains(out, "ok   it starts") {
		t.Error(out)
	}
	if config, err := r.image(t, "nested/image:1").ConfigFile(); err != nil || len(config.Config.Env) == 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTheImagesHaveTheVersionsTag keeps the definition and the version together.
func TestTheImagesHaveTheVersionsTag(t *testing.T) {
	definition, err := os.ReadFile("../../stemma.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if tags := strings.Count(string(definition), "tag: \""+schema.Version+"\""); tags != 4 {
		t.Errorf("stemma.yaml has the tag %s %d times", schema.Version, tags)
	}
	if out, err := exec.Command("stemma", "runtime").Output(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), ":"+schema.Version) {
		t.Errorf("%s %v", out, err)
	}
}
