//go:build e2e

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestJobsOfCITemplates runs a pipeline written for freedesktop's ci-templates: names and variables as its users write them,
// the template in every position of `extends`, values that stand for others, a version that is a number, no checkout.
func TestJobsOfCITemplates(t *testing.T) {
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
	if err != nil || config.Config.WorkingDir != "/app" {
		t.Errorf("the working directory is %q (%v)", config.Config.WorkingDir, err)
	}
	r.image(t, "group/project/alpine/x86-64/last:2026-11-20.0")
	if log := p.pipeline(t); strings.Contains(log, "> Build ") {
		t.Errorf("the second pipeline built again:\n%s", log)
	}
}
