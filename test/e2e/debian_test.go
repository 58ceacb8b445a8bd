//go:build e2e

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestNestedExampleOnDebian runs the nested example's two projects with packages from real mirrors. Fedora's registry may
// be out of reach where tests run, so a Debian made by mmdebstrap takes the place of its base image, and a small package that of cargo;
// the rest is unchanged.
func TestNestedExampleOnDebian(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushDebian(t, r, "lib/debian:bookworm")
	base := copyOf(t, r, "examples/base", "../../examples/nested-images/base")
	rust := copyOf(t, r, "examples/rust", "../../examples/nested-images/rust")
	replace(t, base, "    distribution: fedora\n    version: \"43\"\n", "    distribution: debian\n    base: "+r.Host+"/lib/debian:bookworm\n")
	replace(t, rust, "    distribution: fedora\n", "    distribution: debian\n")
	replace(t, rust, "packages: [cargo]", "packages: [bc]")
	replace(t, rust, "          cd /tmp\n          printf 'fn main() {}' > main.rs\n          rustc main.rs\n          ./main\n", "          test \"$(echo 20+22 | bc)\" = 42\n")
	replace(t, rust, "cargo --version", "bc --version")

	base.compile(t)
	server := gitlabtest.New(t)
	server.AddProject(gitlabtest.Project{Path: "examples/rust", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}, Allowlist: []string{"examples/base"}})
	log := base.pipeline(t, "CI_PROJECT_PATH=examples/base", "CI_API_V4_URL="+server.API(), "CI_JOB_TOKEN="+server.JobToken("ann", "examples/base"))
	if poked := server.Pipelines("examples/rust"); len(poked) != 1 || poked[0].Variables[schema.VarPokedBy] != "examples/base/fedora-base" {
		t.Errorf("the project that builds on it is not poked: %v\n%s", poked, log)
	}
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

// TestTheWholePathOnDebian takes an image through its life with jobs that are written by hand, packages from real mirrors.
func TestTheWholePathOnDebian(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushDebian(t, r, "lib/debian:bookworm")
	cache := t.TempDir()
	h, fork := newHand(t, r, "up/stream"), newHand(t, r, "some/fork")
	debian := []string{
		schema.VarDistributionName + "=debian", schema.VarDistributionVersion + "=bookworm", schema.VarBaseImage + "=" + r.Host + "/lib/debian:bookworm",
		schema.VarUpstreamRepo + "=up/stream", schema.VarDistributionPackages + "=less\n'hello'",
		schema.VarDistributionExec + "=sh ci/prepare.sh\ntest -d .git\necho kept > /cache/kept\ntest \"$HOME\" = /root\n! id builder\nhello > /greeting",
		schema.VarCacheDir + "=" + cache, "HOME=/root", schema.VarUser + "=builder", schema.VarDistributionEntrypoint + "=/usr/bin/less",
		schema.VarExpiresAfter + "=2d", schema.VarEnv + `={"LANG":"C.UTF-8"}`, schema.VarLabels + `={"team":"base"}`, schema.VarUsers + `={"agent":3001,"root":0}`,
	}
	first := h.build(debian...)
	config := h.config()
	if config.User != "builder" || config.WorkingDir != "/app" || config.Entrypoint[0] != "/usr/bin/less" || !slices.Contains(config.Env, "LANG=C.UTF-8") || slices.Contains(config.Env, "HOME=/root") {
		t.Errorf("%+v", config)
	}
	if l := config.Labels; l[schema.LabelExpiresAfter] != "2d" || l["team"] != "base" || l[schema.LabelUpstreamRepo] != "up/stream" || l[schema.LabelPipelineID] != "4711" {
		t.Errorf("%v", l)
	}
	if kept, err := os.ReadFile(filepath.Join(cache, "kept")); err != nil || string(kept) != "kept\n" {
		t.Errorf("the cache holds %q (%v)", kept, err)
	}
	runs := inside(t, r, "up/stream/image:1", `test -s /greeting && test -s /prepared && id builder && test "$(id -u agent):$(id -g agent)" = 3001:3001 && test ! -e /tmp/clone && test ! -e /cache && ! ls /var/lib/apt/lists/* 2>/dev/null`)
	if runs != nil {
		t.Errorf("%v\n%s", runs, first)
	}
	for _, step := range []struct {
		by   *hand
		says string
	}{{h, "Reuse "}, {fork, "Copy "}, {fork, "Reuse "}} {
		if log := step.by.build(debian...); !strings.Contains(log, step.says) {
			t.Errorf("%q is missing in:\n%s", step.says, log)
		}
	}
	was := digest(t, r.image(t, "up/stream/image:1"))
	// In one pipeline a forced build happens once. Its image has one package more, with what that depends on.
	log := h.build(append(debian, schema.VarForceRebuild+"=1", "CI_PIPELINE_ID=4712", schema.VarDistributionPackages+"=less\n'hello'\nbc")...)
	if !strings.Contains(log, " added\n           + bc 1.") {
		t.Errorf("the summary does not name the package that was added:\n%s", log)
	}
	if now := digest(t, r.image(t, "up/stream/image:1")); now == was {
		t.Error("a forced build changed nothing")
	}
	if log := fork.build(debian...); !strings.Contains(log, "Copy ") || digest(t, r.image(t, "some/fork/image:1")) == was {
		t.Errorf("the upstream project's new image does not win:\n%s", log)
	}
}

// inside runs a shell snippet in an image.
func inside(t *testing.T, r *registry, image, snippet string) error {
	t.Helper()
	container := strings.TrimSpace(buildah(t, "from", "--quiet", "--tls-verify=false", "docker://"+r.Host+"/"+image))
	defer buildah(t, "rm", container)
	out, err := exec.Command("buildah", "run", "--isolation", "chroot", "--user", "0", container, "--", "/bin/sh", "-e", "-c", snippet).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// TestWhatGoesWrongOnDebianIsNamed looks at the end of the logs of builds that fail: the cause, and the next step.
func TestWhatGoesWrongOnDebianIsNamed(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushDebian(t, r, "lib/debian:bookworm")
	base := []string{schema.VarDistributionName + "=debian", schema.VarBaseImage + "=" + r.Host + "/lib/debian:bookworm"}
	tests := map[string]struct {
		variables []string
		want      string
	}{
		"a package that does not exist": {[]string{schema.VarDistributionPackages + "=less helo-tradditional"}, "the package helo-tradditional does not exist; did you mean \"hello-traditional\"?"},
		"a snippet that fails":          {[]string{schema.VarDistributionExec + "=true\n\nsh -c 'exit 7'\ntrue"}, "failed with exit code 7 in its line 3: sh -c 'exit 7'"},
		"a command that is not there":   {[]string{schema.VarDistributionExec + "=true\nnot-there"}, "failed with exit code 127 in its line 2: not-there"},
		"no base image":                 {[]string{schema.VarBaseImage + "=" + r.Host + "/lib/gone:1"}, r.Host + "/lib/gone:1"},
		"no proxy":                      {[]string{schema.VarPackageProxy + "=http://127.0.0.1:1", schema.VarDistributionPackages + "=less"}, "bring the base up to date"},
		"a number that is taken":        {[]string{schema.VarUsers + `={"root":1}`}, "create the user root"},
		"no mirrors":                    {[]string{schema.VarBaseImage + "=" + r.Host + "/some/cut-off:1", schema.VarDistributionPackages + "=less"}, "bring the base up to date"},
		"no such distribution":          {[]string{schema.VarDistributionName + "=debain"}, "FDO_DISTRIBUTION_NAME is \"debain\", which is not known"},
		"no tag":                        {[]string{schema.VarDistributionTag + "="}, "FDO_DISTRIBUTION_TAG is not set"},
		"a tag that is too long":        {[]string{schema.VarDistributionTag + "=" + strings.Repeat("x", 129)}, "at most 128"},
		"no version":                    {[]string{schema.VarBaseImage + "="}, "FDO_DISTRIBUTION_VERSION is not set"},
	}
	cutOff := newHand(t, r, "some")
	cutOff.build(append(base, schema.VarRepoSuffix+"=cut-off", schema.VarDistributionExec+"=rm -rf /etc/apt/sources.list.d; echo 'deb http://127.0.0.1:1/debian bookworm main' > /etc/apt/sources.list")...)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if end := newHand(t, r, "group/project").fail(append(base, test.variables...)...); !strings.Contains(end, test.want) {
				t.Errorf("got the end\n%s\nwant %q in it", end, test.want)
			}
			if r.has("group/project/image:1") {
				t.Error("an image is there")
			}
		})
	}
	t.Run("a missing package is left out where asked for", func(t *testing.T) {
		log := newHand(t, r, "group/project").build(append(base, schema.VarDistributionPackages+"=hello not-there-at-all", schema.VarIgnoreMissing+"=1")...)
		if err := inside(t, r, "group/project/image:1", "hello"); err != nil || !strings.Contains(log, "the package not-there-at-all does not exist") {
			t.Errorf("%v\n%s", err, log)
		}
	})
}

func replace(t *testing.T, p *project, old, new string) {
	t.Helper()
	file := filepath.Join(p.dir, "stemma.yaml")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), old) != 1 {
		t.Fatalf("the example has changed: got %q %d times, want once", old, strings.Count(string(source), old))
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(source), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// debianArchive makes a small Debian from the mirrors that this machine uses, once for all tests.
var debianArchive = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("mmdebstrap", "--quiet", "--variant=apt", "bookworm", debianFile()).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("mmdebstrap: %w\n%s", err, out)
	}
	return debianFile(), nil
})

func debianFile() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("stemma-e2e-%d-debian.tar", os.Getpid()))
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.Remove(debianFile())
	os.Exit(code)
}

// pushDebian pushes the small Debian.
func pushDebian(t *testing.T, r *registry, reference string) {
	t.Helper()
	archive, err := debianArchive()
	if err != nil {
		t.Fatal(err)
	}
	container := strings.TrimSpace(buildah(t, "from", "scratch"))
	defer buildah(t, "rm", container)
	buildah(t, "add", "--quiet", container, archive, "/")
	id := strings.TrimSpace(buildah(t, "commit", "--quiet", container))
	defer buildah(t, "rmi", id)
	buildah(t, "push", "--quiet", "--tls-verify=false", id, "docker://"+r.Host+"/"+reference)
}
