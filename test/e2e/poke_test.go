//go:build e2e

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestPokeByHand runs the pipelines of two projects that are written by hand for ci-templates, with variables of their own: the
// one has a base image and pokes, the other builds on it, and again when it is poked.
func TestPokeByHand(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	template, err := os.ReadFile(filepath.Join("..", "..", "templates", "alpine.yml"))
	if err != nil {
		t.Fatal(err)
	}
	byHand := func(path, content string) *project {
		p := newProject(t, r, path, map[string]string{"templates/alpine.yml": string(template), ".gitlab-ci.yml": content})
		p.git(t, "add", "-A")
		p.git(t, "commit", "-q", "-m", "pipeline")
		p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
		return p
	}
	base := byHand("team/base", `include:
  - local: templates/alpine.yml
stages: [container, poke]
.base:
  variables:
    FDO_DISTRIBUTION_VERSION: "3"
    FDO_DISTRIBUTION_TAG: "2026-11-20.0"
    FDO_BASE_IMAGE: `+r.Host+`/lib/tiny:1
    FDO_DISTRIBUTION_EXEC: date +%N > /built
base image:
  stage: container
  extends: [.base, .fdo.container-build@alpine]
poke:
  stage: poke
  extends: [.base, .fdo.distribution-image@alpine]
  needs: [base image]
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  variables:
    STEMMA_DEPENDENTS: |
      team/app@main SOMEVARIABLE=somevalue wait=true
  script:
    - stemma job poke
  artifacts:
    reports:
      annotations: stemma-annotations.json
`)
	app := byHand("team/app", `include:
  - local: templates/alpine.yml
stages: [container]
.app:
  stage: container
  variables:
    FDO_DISTRIBUTION_VERSION: "3"
    FDO_DISTRIBUTION_TAG: "2026-11-21.0"
    FDO_BASE_IMAGE: `+r.Host+`/team/base/alpine/3:2026-11-20.0
    FDO_DISTRIBUTION_EXEC: date +%N > /app
app image:
  extends: [.app, .fdo.container-build@alpine]
  rules:
    - if: $SOMEVARIABLE == null
update app image:
  extends: [.app, .fdo.container-build@alpine]
  rules:
    - if: $SOMEVARIABLE == "somevalue"
  variables:
    FDO_FORCE_REBUILD: 1
`)
	server := gitlabtest.New(t)
	members := map[string]gitlabtest.Role{"ann": gitlabtest.Developer}
	server.AddProject(gitlabtest.Project{Path: "team/base", Members: members})
	server.AddProject(gitlabtest.Project{Path: "team/app", Members: members, Allowlist: []string{"team/base"}})
	var poked []string
	server.OnPipeline = func(p gitlabtest.Pipeline) string {
		variables := []string{"CI_PIPELINE_SOURCE=" + p.Source}
		for name, value := range p.Variables {
			variables = append(variables, name+"="+value)
		}
		log, err := app.try(variables...)
		poked = append(poked, log)
		if err != nil {
			return "failed"
		}
		return "success"
	}
	pipeline := func(id string, more ...string) string {
		return base.pipeline(t, append([]string{
			"CI_PIPELINE_ID=" + id, "CI_API_V4_URL=" + server.API(), "CI_SERVER_URL=" + server.URL, "CI_JOB_TOKEN=" + server.JobToken("ann", "team/base"),
			"CI_JOB_STARTED_AT=" + time.Now().UTC().Format(time.RFC3339),
		}, more...)...)
	}
	onPresentBase := func() {
		t.Helper()
		got := labels(t, r.image(t, "team/app/alpine/3:2026-11-21.0"))
		if want := digest(t, r.image(t, "team/base/alpine/3:2026-11-20.0")); got[schema.LabelBaseDigest] != want {
			t.Errorf("the dependent image was built on %s, and the base is %s now", got[schema.LabelBaseDigest], want)
		}
	}

	log := pipeline("4711")
	if len(poked) != 1 || !strings.Contains(poked[0], "PASS  update app image") || !strings.Contains(log, "team/app@main: success: ") {
		t.Fatalf("%s\n%q", log, poked)
	}
	onPresentBase()
	if log = pipeline("4712"); len(poked) != 1 || !strings.Contains(log, "Nobody is poked: pipeline 4711 told them of sha256:") {
		t.Errorf("a pipeline that builds nothing poked:\n%s", log)
	}
	if log = pipeline("4713", "FDO_FORCE_REBUILD=1"); len(poked) != 2 {
		t.Errorf("a pipeline that builds again poked nobody:\n%s", log)
	}
	onPresentBase()
}
