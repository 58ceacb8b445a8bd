//go:build e2e

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gitlab.com/stemma-ci/stemma/internal/job"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestUpdateCheckLooksInside finds a package that is old in a Debian with the distribution's own package manager, although the
// image's containers run as nobody, and lets a command judge another image.
func TestUpdateCheckLooksInside(t *testing.T) {
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
	if err == nil || command.ProcessState.ExitCode() != 3 {
		t.Errorf("the job ended with %v, although one image could not be judged:\n%s", err, out)
	}
	content, err := os.ReadFile(filepath.Join(command.Dir, schema.UpdatesFile))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var report job.UpdateReport
	if err := json.Unmarshal(content, &report); err != nil {
		t.Fatal(err)
	}
	var verdicts []job.Verdict
	found := map[string][]job.Update{}
	for _, image := range report.Images {
		verdicts = append(verdicts, image.Verdict)
		found[image.Image] = image.Found
	}
	if diff := cmp.Diff([]job.Verdict{job.Current, job.Stale, job.Stale, job.Unknown}, verdicts); diff != "" {
		t.Errorf("%s\n%s", diff, out)
	}
	if got := found["old"]; len(got) != 1 || got[0].Name != "hostname" || got[0].Old != "1.0" || got[0].New == "" {
		t.Errorf("found %v, want that hostname is newer than 1.0", got)
	}
	want := []job.Update{{Check: "command", Name: "hugo", Old: "1", New: "2"}}
	if diff := cmp.Diff(want, found["asked"], cmpopts.IgnoreFields(job.Update{}, "Place")); diff != "" {
		t.Error(diff)
	}
}
