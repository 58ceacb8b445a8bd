//go:build e2e

package e2e_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInsideSomebodysPipeline compiles into a pipeline whose globals would break every job that took them.
func TestInsideSomebodysPipeline(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	files := family(r)
	files[".gitlab-ci.yml"] = `include:
  - local: .gitlab/stemma.gitlab-ci.yml
    inputs: {rebuild: ""}
stages: [build, test, deploy]
default:
  before_script: [exit 42]
  after_script: [exit 42]
variables:
  FDO_BASE_IMAGE: 127.0.0.1:1/nothing
  FDO_DISTRIBUTION_PACKAGES: nothing
  FDO_DISTRIBUTION_EXEC: exit 42
  STEMMA_PLATFORMS: linux/none
use:
  stage: test
  extends: .fdo.distribution-image@child
  needs: ["build:child"]
  before_script: []
  script:
    - test "$FDO_DISTRIBUTION_IMAGE" = "$STEMMA_REF_CHILD"
    - test -n "$STEMMA_DIGEST_CHILD"
`
	p := newProject(t, r, "group/project", files)
	p.compile(t)
	if log := p.pipeline(t); !strings.Contains(log, "PASS  use") {
		t.Error(log)
	}
}

// TestRebuildByInput asks for a rebuild where variables are not allowed.
func TestRebuildByInput(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	files := family(r)
	p := newProject(t, r, "group/project", files)
	p.compile(t)
	p.pipeline(t)
	p.write(t, map[string]string{".gitlab-ci.yml": strings.Replace(pipelineFile, ".gitlab-ci.yml\n", ".gitlab-ci.yml\n    inputs: {rebuild: \"beside,child\"}\n", 1)})
	p.compile(t)
	log := p.pipeline(t)
	for _, image := range []string{"beside", "child", "site"} {
		if !strings.Contains(log, "> Build "+r.Host+"/group/project/"+image) {
			t.Errorf("%s was not built again:\n%s", image, log)
		}
	}
	if strings.Contains(log, "> Build "+r.Host+"/group/project/base:") {
		t.Error("base was built again")
	}
}

// TestTrialRebuild builds and tests everything once more, and nothing that anybody uses moves.
func TestTrialRebuild(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := newProject(t, r, "group/project", family(r))
	p.compile(t)
	p.pipeline(t)
	digests := func() map[string]string {
		found := map[string]string{}
		for _, image := range []string{"base", "child", "beside", "site"} {
			for _, tag := range []string{"latest", p.tag(t, image)} {
				found[image+":"+tag] = digest(t, r.image(t, "group/project/"+image+":"+tag))
			}
		}
		return found
	}
	before := digests()
	log := p.pipeline(t, "STEMMA_TRIAL_REBUILD=1", "CI_PIPELINE_SOURCE=schedule")
	if builds := strings.Count(log, "> Build "); builds != 4 || strings.Contains(log, "release:") {
		t.Errorf("%d images were built, or one was released:\n%s", builds, log)
	}
	if diff := cmp.Diff(before, digests()); diff != "" {
		t.Error(diff)
	}
}

// TestValidateComponent runs the published component's job on a definition that is right, and on one that is not.
func TestValidateComponent(t *testing.T) {
	t.Parallel()
	component, err := os.ReadFile("../../templates/validate.yml")
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, &registry{Host: "127.0.0.1:1"}, "group/project", map[string]string{
		"templates/validate.yml": string(component),
		".gitlab-ci.yml":         "include:\n  - local: templates/validate.yml\n    inputs: {directory: sub, name: check images}\nstages: [test]\nvariables: {}\n",
		"sub/stemma.yaml":        "version: 1\nimages: {base: {distribution: fedora, version: '43'}}\n",
	})
	p.git(t, "add", "-A")
	run(t, p.dir, "stemma", "compile", "-C", "sub")
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "definition")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")
	if log := p.pipeline(t); !strings.Contains(log, "PASS  check images") {
		t.Error(log)
	}
	p.write(t, map[string]string{"sub/stemma.yaml": "version: 1\nimages: {base: {distribution: fedora, version: 'rawhide'}}\n"})
	log, err := p.try()
	if err == nil || !strings.Contains(log, "run `stemma compile` and commit the result") {
		t.Errorf("%v\n%s", err, log)
	}
}

// TestReviewComponent runs the published component's job in the pipeline of a merge request.
func TestReviewComponent(t *testing.T) {
	t.Parallel()
	component, err := os.ReadFile("../../templates/review.yml")
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, &registry{Host: "127.0.0.1:1"}, "group/project", map[string]string{
		"templates/review.yml": string(component),
		".gitlab-ci.yml":       "include:\n  - local: templates/review.yml\n    inputs: {directory: sub, name: show images}\nstages: [test]\nvariables: {}\n",
		"sub/stemma.yaml":      "version: 1\nimages: {base: {distribution: fedora, version: '43'}}\n",
	})
	commit := func() string {
		p.git(t, "add", "-A")
		run(t, p.dir, "stemma", "compile", "-C", "sub")
		p.git(t, "add", "-A")
		p.git(t, "commit", "-q", "-m", "definition")
		return strings.TrimSpace(run(t, p.dir, "git", "rev-parse", "HEAD"))
	}
	before := commit()
	p.write(t, map[string]string{"sub/stemma.yaml": "version: 1\nimages: {base: {distribution: fedora, version: '43', packages: [make]}}\n"})
	commit()
	log := p.pipeline(t, "CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA="+before, "CI_MERGE_REQUEST_IID=1")
	for _, want := range []string{"packages: +make", "Rebuilt: 1 of 1 image: base", "There is no comment: STEMMA_REVIEW_TOKEN is not set", "PASS  show images"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in\n%s", want, log)
		}
	}
}
