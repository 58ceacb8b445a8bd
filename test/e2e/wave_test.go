//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// diamond is four projects with an image each: one at the top, two on it, and one on those two.
type diamond struct {
	*testing.T
	registry *registry
	server   *gitlabtest.Server
	projects map[string]*project

	// mu lets one pipeline run at a time; logs are those of poked pipelines by project.
	mu     sync.Mutex
	logs   map[string][]string
	ignore bool
}

// member is the files of a project that pokes others.
func member(name, image string, dependents ...string) map[string]string {
	definition := "version: 1\nimages:\n  " + name + ":\n" + image
	if len(dependents) > 0 {
		definition += "    dependents:\n"
	}
	lines := []string{definition}
	for _, dependent := range dependents {
		lines = append(lines, "      - {project: "+dependent+", ref: main}\n")
	}
	return map[string]string{".gitlab-ci.yml": pipelineFile, "stemma.yaml": strings.Join(lines, "")}
}

func newDiamond(t *testing.T) *diamond {
	t.Helper()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	d := &diamond{T: t, registry: r, server: gitlabtest.New(t), projects: map[string]*project{}, logs: map[string][]string{}}
	arm := "    distribution: alpine\n    base: {project: team/top, image: top}\n    exec: date +%N > /arm\n"
	for name, files := range map[string]map[string]string{
		"top":    member("top", "    distribution: alpine\n    base: "+r.Host+"/lib/tiny:1\n    exec: date +%N > /top\n", "team/left", "team/right"),
		"left":   member("left", arm, "team/bottom"),
		"right":  member("right", arm, "team/bottom"),
		"bottom": member("bottom", "    containerfile: Containerfile\n"),
	} {
		files["Containerfile"] = fmt.Sprintf("FROM %[1]s/team/left/left:latest\nCOPY --from=%[1]s/team/right/right:latest /arm /other\n", r.Host)
		d.projects[name] = newProject(t, r, "team/"+name, files)
		d.projects[name].compile(t)
		d.server.AddProject(gitlabtest.Project{
			Path: "team/" + name, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}, Allowlist: []string{"team/top", "team/left", "team/right"},
		})
	}
	d.server.OnPipeline = d.poked
	return d
}

// run runs a project's pipeline.
func (d *diamond) run(name, id string, variables ...string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.projects[name].try(append([]string{
		"CI_PIPELINE_ID=" + id, "CI_API_V4_URL=" + d.server.API(), "CI_JOB_TOKEN=" + d.server.JobToken("ann", "team/"+name),
	}, variables...)...)
}

// poked runs the pipeline that a poke started.
func (d *diamond) poked(p gitlabtest.Pipeline) string {
	if d.ignore {
		return "skipped"
	}
	variables := []string{"CI_PIPELINE_SOURCE=" + p.Source}
	for name, value := range p.Variables {
		variables = append(variables, name+"="+value)
	}
	name := strings.TrimPrefix(p.Project, "team/")
	log, err := d.run(name, strconv.FormatInt(p.ID, 10), variables...)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.logs[name] = append(d.logs[name], log)
	if err != nil {
		d.Errorf("the pipeline of %s failed: %v\n%s", name, err, log)
		return "failed"
	}
	return "success"
}

func (d *diamond) start(name, id string, variables ...string) string {
	d.Helper()
	log, err := d.run(name, id, variables...)
	if err != nil {
		d.Fatalf("the pipeline of %s failed: %v\n%s", name, err, log)
	}
	d.server.Wait()
	return log
}

func (d *diamond) digest(name string) string {
	return digest(d.T, d.registry.image(d.T, "team/"+name+"/"+name+":latest"))
}

// builds is how many of the poked pipelines of a project built.
func (d *diamond) builds(name string) int {
	n := 0
	for _, log := range d.logs[name] {
		n += strings.Count(log, "> Build ")
	}
	return n
}

// TestWaveThroughADiamond rebuilds the top: all that is built on it is rebuilt, once, in order, on what is there now.
func TestWaveThroughADiamond(t *testing.T) {
	t.Parallel()
	d := newDiamond(t)
	d.ignore = true
	for i, name := range []string{"top", "left", "right", "bottom"} {
		d.start(name, strconv.Itoa(i+1))
	}
	d.ignore = false
	before := map[string]string{}
	for name := range d.projects {
		before[name] = d.digest(name)
	}

	d.start("top", "10", "STEMMA_REBUILD=top")
	for name, logs := range d.logs {
		if d.builds(name) != 1 {
			t.Errorf("%s was built %d times in %d pipelines:\n%s", name, d.builds(name), len(logs), strings.Join(logs, "\n"))
		}
	}
	for name, parents := range map[string][]string{"top": nil, "left": {"top"}, "right": {"top"}, "bottom": {"left", "right"}} {
		got := labels(t, d.registry.image(t, "team/"+name+"/"+name+":latest"))
		if d.digest(name) == before[name] || got[schema.LabelWave] != "p10" {
			t.Errorf("%s was not rebuilt in the wave: %v", name, got)
		}
		var recorded []struct{ Digest string }
		check := json.Unmarshal([]byte(got[schema.LabelParents]), &recorded)
		for _, parent := range parents {
			if now := d.digest(parent); !slices.ContainsFunc(recorded, func(p struct{ Digest string }) bool { return p.Digest == now }) {
				t.Errorf("%s is not built on what %s is now, %s: %v (%v)", name, parent, now, recorded, check)
			}
		}
	}

	poked := func() int { return len(d.logs["left"]) + len(d.logs["right"]) + len(d.logs["bottom"]) }
	if pipelines := poked(); pipelines != 4 {
		t.Errorf("%d pipelines were poked, want 4: each arm once, and the bottom by each", pipelines)
	}
	top := d.digest("top")
	retried := d.start("top", "10", "STEMMA_REBUILD=top")
	if d.digest("top") != top || !strings.Contains(retried, "this pipeline built it") {
		t.Errorf("jobs that were run again built again:\n%s", retried)
	}
	for name, logs := range d.logs {
		if d.builds(name) != 1 {
			t.Errorf("a retry of the first jobs built %s again:\n%s", name, strings.Join(logs, "\n"))
		}
	}

	pipelines := poked()
	log := d.start("top", "20")
	if poked() != pipelines || strings.Contains(log, "> Build ") || !strings.Contains(log, "Nobody is poked: ") {
		t.Errorf("a second pipeline did not rest:\n%s", log)
	}
}
