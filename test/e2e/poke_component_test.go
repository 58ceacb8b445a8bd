//go:build e2e

package e2e_test

import (
	"os"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

// TestPokeComponent includes the components that build an image and poke for it. As after a merge the image exists when it is
// released: the release is what dependents are told of.
func TestPokeComponent(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	files := map[string]string{".gitlab-ci.yml": `include:
  - local: templates/image.yml
    inputs: {name: base, tag: "1.0", distribution: alpine, base: "` + r.Host + `/lib/tiny:1", exec: date +%N > /built}
  - local: templates/image.yml
    inputs: {name: beside, tag: "1.0", distribution: alpine, base: "` + r.Host + `/lib/tiny:1"}
  - local: templates/poke.yml
    inputs: {name: base, tag: "1.0", dependents: "team/app@main A=$b"}
stages: [build, test, deploy]
default: {before_script: [exit 42]}
variables: {STEMMA_DEPENDENTS: nobody}
`}
	for _, name := range []string{"templates/image.yml", "templates/poke.yml"} {
		component, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(component)
	}
	p := newProject(t, r, "team/base", files)
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "pipeline")
	p.git(t, "update-ref", "refs/remotes/origin/main", "HEAD")

	server := gitlabtest.New(t)
	members := map[string]gitlabtest.Role{"ann": gitlabtest.Developer}
	server.AddProject(gitlabtest.Project{Path: "team/base", Members: members})
	server.AddProject(gitlabtest.Project{Path: "team/app", Members: members, Allowlist: []string{"team/base"}})
	pipeline := func(id, protected string) string {
		return p.pipeline(t, "CI_PIPELINE_ID="+id, "CI_COMMIT_REF_PROTECTED="+protected, "CI_API_V4_URL="+server.API(), "CI_JOB_TOKEN="+server.JobToken("ann", "team/base"))
	}

	pipeline("1", "false")
	if started := server.Pipelines("team/app"); len(started) > 0 {
		t.Errorf("a branch that is not protected poked: %v", started)
	}
	log := pipeline("2", "true")
	started := server.Pipelines("team/app")
	if len(started) != 1 || started[0].Variables["A"] != "$b" || started[0].Variables["STEMMA_POKED_BY"] != "team/base/base" || !strings.Contains(log, "Poke, since the release let ") {
		t.Fatalf("%v\n%s", started, log)
	}
	if log = pipeline("3", "true"); len(server.Pipelines("team/app")) != 1 || !strings.Contains(log, "Nobody is poked: ") {
		t.Errorf("nothing moved, and somebody was poked:\n%s", log)
	}
}
