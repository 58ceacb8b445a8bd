//go:build e2e

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	updatecheck "gitlab.com/stemma-ci/stemma/internal/ci/update"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestUpdateCheckLooksInside finds a package that is old in a Debian with the distribution's own package manager, although the
// image's containers run as nobody, and lets a command judge another image.
func TestUpdateCheckLooksInside(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushDebian(t, r, "lib/debian:bookworm")
	h := newHand(t, r, "team/images")
	debian := []string{schema.VarDistributionName + "=debian", schema.VarDistributionVersion + "=bookworm", schema.VarBaseImage + "=" + r.Host + "/lib/debian:bookworm", schema.VarUser + "=nobody"}
	h.build(append(debian, schema.VarRepoSuffix+"=new")...)
	h.build(append(debian, schema.VarRepoSuffix+"=old", schema.VarDistributionExec+`=sed -i '/^Package: hostname$/,/^$/s/^Version: .*/Version: 1.0/' /var/lib/dpkg/status`)...)
	place := func(reference string) []schema.UpdatePlace { return []schema.UpdatePlace{{Reference: reference}} }
	targets, err := json.Marshal([]schema.UpdateTarget{
		{Image: "new", Places: place("new:1"), Distribution: "debian"},
		{Image: "old", Places: place("old:1"), Distribution: "debian"},
		{Image: "asked", Places: place("new:1"), Command: `test "$(id -u)" = 0; printf 'UPGRADE_NEEDED\nhugo 1 2\n' > "$` + schema.VarUpdateResult + `"`},
		{Image: "silent", Places: place("new:1"), Command: "true"},
	})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("stemma", "job", "update-check")
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), "CI_REGISTRY="+r.Host, "CI_REGISTRY_IMAGE="+r.Host+"/team/images", schema.VarUpdates+"="+string(targets))
	out, err := command.CombinedOutput()
	if err == nil || command.ProcessState.ExitCode() != 1 {
		t.Errorf("the job ended with %v, although one image could not be judged:\n%s", err, out)
	}
	content, err := os.ReadFile(filepath.Join(command.Dir, schema.UpdatesFile))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var report updatecheck.Report
	if err := json.Unmarshal(content, &report); err != nil {
		t.Fatal(err)
	}
	var verdicts []updatecheck.Verdict
	found := map[string][]updatecheck.Update{}
	for _, image := range report.Images {
		verdicts = append(verdicts, image.Verdict)
		found[image.Image] = image.Found
	}
	if diff := cmp.Diff([]updatecheck.Verdict{updatecheck.Current, updatecheck.Stale, updatecheck.Stale, updatecheck.Unknown}, verdicts); diff != "" {
		t.Errorf("%s\n%s", diff, out)
	}
	if got := found["old"]; len(got) != 1 || got[0].Name != "hostname" || got[0].Old != "1.0" || got[0].New == "" {
		t.Errorf("found %v, want that hostname is newer than 1.0", got)
	}
	want := []updatecheck.Update{{Check: "command", Name: "hugo", Old: "1", New: "2"}}
	if diff := cmp.Diff(want, found["asked"], cmpopts.IgnoreFields(updatecheck.Update{}, "Place")); diff != "" {
		t.Error(diff)
	}
}

// TestUpdateComponent includes the components that build an image and look after it: a schedule finds that its base moved, and
// the pipeline that it starts rebuilds it. The next schedule finds nothing.
func TestUpdateComponent(t *testing.T) {
	t.Parallel()
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	files := map[string]string{".gitlab-ci.yml": `include:
  - local: templates/image.yml
    inputs: {name: base, tag: "1.0", distribution: alpine, base: "` + r.Host + `/lib/tiny:1", exec: date +%N > /built}
  - local: templates/update-check.yml
    inputs: {images: '[{"image": "base", "places": [{"reference": "base:1.0"}, {"reference": "base:latest"}]}]'}
stages: [build, test, deploy]
variables: {STEMMA_UPDATES: "none of a project's own"}
`}
	for _, name := range []string{"templates/image.yml", "templates/update-check.yml"} {
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
	server.AddProject(gitlabtest.Project{Path: "team/base", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	pipeline := func(variables ...string) string {
		return p.pipeline(t, append([]string{"CI_API_V4_URL=" + server.API(), "CI_JOB_TOKEN=" + server.JobToken("ann", "team/base")}, variables...)...)
	}
	schedule := func() (string, []gitlabtest.Pipeline) {
		log := pipeline("CI_PIPELINE_SOURCE=schedule")
		return log, server.Pipelines("team/base")
	}

	pipeline()
	if log, started := schedule(); len(started) > 0 {
		t.Fatalf("nothing is old, and a pipeline was started: %v\n%s", started, log)
	}
	pushTiny(t, r, "lib/tiny:1")
	log, started := schedule()
	if len(started) != 1 || started[0].Variables[schema.VarRebuild] != "base" {
		t.Fatalf("the base moved, and the pipelines are %v\n%s", started, log)
	}
	pipeline("CI_PIPELINE_SOURCE=pipeline", schema.VarRebuild+"="+started[0].Variables[schema.VarRebuild])
	reason := labels(t, r.image(t, "team/base/base:latest"))[schema.LabelReason]
	if want := schema.VarRebuild + " names it; parent " + r.Host + "/lib/tiny:1 moved from"; !strings.HasPrefix(reason, want) {
		t.Errorf("the reason is %q, want %q …", reason, want)
	}
	if log, started := schedule(); len(started) != 1 {
		t.Errorf("nothing is old any more, and a pipeline was started: %v\n%s", started, log)
	}
}
