//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestRuntimeImage builds the image that compiled jobs run in, and builds another image inside of it.
func TestRuntimeImage(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	pushDebian(t, r, "lib/debian:bookworm")
	dir := t.TempDir()
	containerfile, err := os.ReadFile("../../images/runtime/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Containerfile"), containerfile, 0o644); err != nil {
		t.Fatal(err)
	}
	static := exec.Command("go", "build", "-trimpath", "-ldflags=-s", "-o", filepath.Join(dir, "context", "stemma"), "../../cmd/stemma-job")
	static.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := static.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	build := exec.Command("stemma", "job", "build")
	build.Dir = dir
	build.Env = append(os.Environ(),
		"CI_REGISTRY="+r.Host, "CI_REGISTRY_IMAGE="+r.Host+"/stemma", schema.VarRepoSuffix+"=runtime", schema.VarDistributionTag+"=1",
		schema.VarBaseImage+"="+r.Host+"/lib/debian:bookworm", schema.VarContainerfile+"=Containerfile", schema.VarContext+"=context")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	container := strings.TrimSpace(buildah(t, "from", "--quiet", "--tls-verify=false", "docker://"+r.Host+"/stemma/runtime:1"))
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
