//go:build e2e

package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestJobsOfCITemplates runs a pipeline written for freedesktop's ci-templates: names and variables as its users write them,
// the template in every position of `extends`, values that expand to others, a version that is a number, no checkout.
func TestJobsOfCITemplates(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	template, err := os.ReadFile(filepath.Join("..", "..", "templates", "alpine.yml"))
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, r, "group/project", map[string]string{
		"templates/alpine.yml": string(template),
		"ci/prepare.sh":        "echo \"$BUILD_ARCH $HOME\" > /prepared\n",
		".gitlab-ci.yml": `include:
  - local: templates/alpine.yml
stages: [prep, test]
variables:
  FDO_UPSTREAM_REPO: Some/Upstream
  ALPINE_TAG: "2026-11-20.0"
  BUILD_ARCH: x86-64
.alpine:
  variables:
    FDO_DISTRIBUTION_VERSION: 3
    FDO_DISTRIBUTION_TAG: $ALPINE_TAG
    FDO_BASE_IMAGE: ` + r.Host + `/lib/tiny:1
.mine:
  stage: prep
  variables: {GIT_STRATEGY: none}
first:
  extends: [.fdo.container-build@alpine, .alpine, .mine]
  variables: {FDO_DISTRIBUTION_EXEC: "sh ci/prepare.sh"}
last:
  extends: [.alpine, .mine, .fdo.container-build@alpine@x86_64]
  variables: {FDO_REPO_SUFFIX: "alpine/$BUILD_ARCH/last", FDO_DISTRIBUTION_EXEC: "test -e ci/prepare.sh"}
use:
  stage: test
  extends: [.alpine, .fdo.distribution-image@alpine]
  needs: [{job: first, artifacts: false}]
  script:
    - test "$FDO_DISTRIBUTION_IMAGE" = "` + r.Host + `/group/project/alpine/3:2026-11-20.0"
refer:
  stage: test
  needs: [last]
  variables:
    FDO_REPO_SUFFIX: alpine/$BUILD_ARCH/last
    FDO_DISTRIBUTION_TAG: $ALPINE_TAG
    IMAGE: !reference [.fdo.suffixed-image@alpine, variables, FDO_DISTRIBUTION_IMAGE]
  script:
    - test "$(eval echo "$IMAGE")" = "` + r.Host + `/group/project/alpine/x86-64/last:2026-11-20.0"
`,
	})
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "pipeline")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
	p.pipeline(t)
	first := r.image(t, "group/project/alpine/3:2026-11-20.0")
	if got := labels(t, first); got[schema.LabelUpstreamRepo] != "Some/Upstream" || got[schema.LabelPipelineID] != "4711" {
		t.Errorf("%v", got)
	}
	config, err := first.ConfigFile()
	if err != nil || config.Config.WorkingDir != "/app" || !slices.Contains(config.Config.Env, "HOME="+os.Getenv("HOME")) {
		t.Errorf("the working directory is %q, the environment %q (%v)", config.Config.WorkingDir, config.Config.Env, err)
	}
	r.image(t, "group/project/alpine/x86-64/last:2026-11-20.0")
	if log := p.pipeline(t); strings.Contains(log, "> Build ") {
		t.Errorf("the second pipeline built again:\n%s", log)
	}
}

// dropin is a project that includes one of the templates from a copy.
func dropin(t *testing.T, r *registry, template, pipeline string, files map[string]string) *project {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "templates", template))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"templates/" + template: string(source), ".gitlab-ci.yml": "include: [{local: templates/" + template + "}]\n" + pipeline}
	for name, content := range files {
		all[name] = content
	}
	p := newProject(t, r, "group/project", all)
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "pipeline")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
	return p
}

// TestPostExecOfRealProjects runs what projects do there: a script of the project, in a job without a checkout, takes the image
// and pushes another that is made of it. https://gitlab.freedesktop.org/gstreamer/gstreamer/-/blob/main/ci/scripts/build-toolbox-image.sh
func TestPostExecOfRealProjects(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := dropin(t, r, "debian.yml", `
variables: {}
the image:
  extends: .fdo.container-build@debian
  stage: build
  variables:
    GIT_STRATEGY: none
    FDO_DISTRIBUTION_VERSION: 13
    FDO_DISTRIBUTION_TAG: "1"
    FDO_BASE_IMAGE: `+r.Host+`/lib/tiny:1
    FDO_DISTRIBUTION_EXEC: echo made > /made
    FDO_DISTRIBUTION_POST_EXEC: sh ci/toolbox.sh
`, map[string]string{"ci/toolbox.sh": `set -eu
container=$(buildah from --tls-verify=false "$1")
test -s "$(buildah mount "$container")/made"
buildah config --env HOME- --label toolbox=true "$container"
buildah commit --quiet "$container" localhost/toolbox
buildah push --quiet --tls-verify=false localhost/toolbox "docker://$1-toolbox"
buildah rm "$container"
buildah rmi localhost/toolbox
`})
	p.pipeline(t)
	config, err := r.image(t, "group/project/debian/13:1").ConfigFile()
	if err != nil || !slices.Contains(config.Config.Env, "HOME="+os.Getenv("HOME")) {
		t.Errorf("the image has no HOME: %q (%v)", config.Config.Env, err)
	}
	toolbox, err := r.image(t, "group/project/debian/13:1-toolbox").ConfigFile()
	if err != nil || toolbox.Config.Labels["toolbox"] != "true" || slices.ContainsFunc(toolbox.Config.Env, func(entry string) bool { return strings.HasPrefix(entry, "HOME=") }) {
		t.Errorf("%+v %v", toolbox.Config, err)
	}
}

// TestNamesOf2019 runs a job as weston and the X server wrote it, https://gitlab.freedesktop.org/wayland/weston/-/commit/f6d27606.
func TestNamesOf2019(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := dropin(t, r, "debian.yml", `
variables:
  UPSTREAM_REPO: wayland/weston
  DEBIAN_VERSION: stretch
  DEBIAN_EXEC: 'sh ci/install.sh'
  DEBIAN_TAG: '2019-03-28.0'
  DEBIAN_CONTAINER_IMAGE: $CI_REGISTRY_IMAGE/debian/$DEBIAN_VERSION:$DEBIAN_TAG
  FDO_BASE_IMAGE: `+r.Host+`/lib/tiny:1
container_prep:
  extends: .debian@container-ifnot-exists
  stage: build
other suffix:
  extends: .debian@container-build
  stage: build
  variables: {REPO_SUFFIX: $CI_JOB_NAME_SLUG, GIT_STRATEGY: none}
`, map[string]string{"ci/install.sh": "echo made > /made\n"})
	log := p.pipeline(t)
	if !strings.Contains(log, "Deprecated: extend .fdo.container-build@debian") {
		t.Errorf("nobody is warned:\n%s", log)
	}
	if got := labels(t, r.image(t, "group/project/debian/stretch:2019-03-28.0")); got[schema.LabelUpstreamRepo] != "wayland/weston" {
		t.Errorf("%v", got)
	}
	if !r.has("group/project/other-suffix:2019-03-28.0") {
		t.Error("REPO_SUFFIX is not read")
	}
}

// TestOnlyDistributionsWithADefaultHaveAVersion includes all templates at once: the default of one is none of another.
func TestOnlyDistributionsWithADefaultHaveAVersion(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := dropin(t, r, "all.yml", `
variables: {FDO_DISTRIBUTION_TAG: "1", FDO_BASE_IMAGE: `+r.Host+`/lib/tiny:1, GIT_STRATEGY: none}
alpine: {extends: .fdo.container-build@alpine, stage: build}
opensuse: {extends: .fdo.container-build@opensuse, stage: build}
arch: {extends: .fdo.container-build@arch, stage: build}
debian: {extends: .fdo.container-build@debian, stage: build}
use:
  extends: .fdo.distribution-image@opensuse
  stage: test
  needs: [opensuse]
  script: ['test "$FDO_DISTRIBUTION_IMAGE" = "`+r.Host+`/group/project/opensuse/tumbleweed:1"']
`, nil)
	for job, image := range map[string]string{"alpine": "alpine/latest", "arch": "arch/rolling"} {
		if log, err := p.try(job); err != nil || !r.has("group/project/"+image+":1") {
			t.Errorf("%s: %v\n%s", job, err, log)
		}
	}
	if log, err := p.try("opensuse", "use"); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
	if log, err := p.try("debian"); err == nil || !strings.Contains(log, "FDO_DISTRIBUTION_VERSION is not set: Debian has no default version") {
		t.Errorf("%v\n%s", err, log)
	}
}
