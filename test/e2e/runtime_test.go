//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestRuntimeImage builds the image that compiled jobs run in with this project's own compiled pipeline, for the platform
// of this machine, on a Debian from a mirror, and the one with podman; then it builds and tests another image inside of each.
func TestRuntimeImage(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	pushDebian(t, r, "hub/library/debian:trixie-slim")
	p := newProject(t, r, "stemma-ci/stemma", nil)
	run(t, "../..", "git", "checkout-index", "--all", "--prefix="+p.dir+"/")
	p.compile(t)
	if changed := run(t, p.dir, "git", "status", "--porcelain", ".gitlab", "templates"); changed != "" {
		t.Errorf("the compiled pipeline is stale:\n%s", changed)
	}
	log, err := p.try("ARCHITECTURES="+runtime.GOARCH, "STEMMA_REGISTRY_MIRRORS=docker.io="+r.Host+"/hub", "commands", "build:runtime@"+runtime.GOARCH, "build:runtime-podman@"+runtime.GOARCH)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if !strings.Contains(log, "Take docker.io/library/debian:trixie-slim from the mirror") {
		t.Fatalf("the base is not the mirror's:\n%s", log)
	}
	enter := func(t *testing.T, image string) func(string) string {
		t.Helper()
		pushed := regexp.MustCompile(`Pushed (\S+/` + image + `@sha256:[0-9a-f]{64})`).FindStringSubmatch(log)
		if pushed == nil {
			t.Fatalf("%s was not pushed:\n%s", image, log)
		}
		return enterImage(t, pushed[1])
	}
	t.Run("runtime", func(t *testing.T) { buildInside(t, r, enter(t, "runtime")) })
	t.Run("runtime-podman", func(t *testing.T) { pushWithPodman(t, r, enter(t, "runtime-podman")) })
}

// enterImage returns what runs a shell snippet in an image. A runner's container may mount and make namespaces, which a container
// within buildah may not; so this one is entered as a folder.
func enterImage(t *testing.T, reference string) func(script string) string {
	t.Helper()
	container := strings.TrimSpace(buildah(t, "from", "--quiet", "--tls-verify=false", "docker://"+reference))
	t.Cleanup(func() { buildah(t, "rm", container) })
	folder := strings.TrimSpace(buildah(t, "mount", container))
	return func(script string) string {
		enter := `mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; mount --rbind /sys "$1/sys"; exec chroot "$1" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin HOME=/root /bin/sh -e -c "$2"`
		return run(t, ".", "unshare", "--mount", "/bin/sh", "-e", "-c", enter, "enter", folder, script)
	}
}

// buildInside builds and tests an image in the runtime image.
func buildInside(t *testing.T, r *registry, inside func(string) string) {
	t.Helper()
	if out := inside("stemma version && curl --version && jq --version && zstd --version"); !strings.Contains(out, "stemma "+schema.Version) {
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

// pushWithPodman builds an image, and lets podman push what buildah made of it, as projects do: both see one storage and the
// registry's credentials.
func pushWithPodman(t *testing.T, r *registry, inside func(string) string) {
	t.Helper()
	out := inside("mkdir -p /tmp/job && cd /tmp/job && cat > after.sh <<'END'\n" + `set -eux
skopeo inspect --tls-verify=false "docker://$1" | jq -r .Digest
test "$REGISTRY_AUTH_FILE" != ""
container=$(buildah from --tls-verify=false "$1")
buildah config --env HOME- "$container"
buildah commit "$container" localhost/rebuilt
buildah tag localhost/rebuilt "$1-toolbox"
podman push --tls-verify=false "$1-toolbox"
` + "END\n" +
		"export CI_REGISTRY=" + r.Host + " CI_REGISTRY_IMAGE=" + r.Host + "/podman\n" +
		"export FDO_REPO_SUFFIX=image FDO_DISTRIBUTION_TAG=1 FDO_BASE_IMAGE=" + r.Host + "/lib/tiny:1 FDO_DISTRIBUTION_POST_EXEC='sh after.sh'\n" +
		"stemma job build")
	config, err := r.image(t, "podman/image:1").ConfigFile()
	if err != nil || !slices.Contains(config.Config.Env, "HOME=/root") {
		t.Errorf("%v\n%s", err, out)
	}
	if config, err := r.image(t, "podman/image:1-toolbox").ConfigFile(); err != nil || slices.Contains(config.Config.Env, "HOME=/root") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTheImagesHaveTheVersionsTag keeps the definition and the version together.
func TestTheImagesHaveTheVersionsTag(t *testing.T) {
	t.Parallel()
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
