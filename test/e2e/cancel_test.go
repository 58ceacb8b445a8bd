//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// TestACancelledBuildLeavesNothing cancels a job while its snippet runs, as a runner does, and runs it again.
func TestACancelledBuildLeavesNothing(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	p := newProject(t, r, "group/project", map[string]string{"file": ""})
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "file")
	head := strings.TrimSpace(run(t, p.dir, "git", "rev-parse", "HEAD"))
	before := buildah(t, "containers", "--quiet")
	job := func(snippet string) *exec.Cmd {
		command := exec.Command("stemma", "job", "build")
		command.Dir = t.TempDir()
		command.Env = append(os.Environ(),
			"CI_REGISTRY="+r.Host, "CI_REGISTRY_IMAGE="+r.Host+"/group/project", "CI_REPOSITORY_URL=file://"+p.dir, "CI_COMMIT_SHA="+head,
			schema.VarBaseImage+"="+r.Host+"/lib/tiny:1", schema.VarRepoSuffix+"=image", schema.VarDistributionTag+"=1", schema.VarDistributionExec+"="+snippet)
		return command
	}
	cancelled := job("sleep 300")
	if err := cancelled.Start(); err != nil {
		t.Fatal(err)
	}
	waitForContainer(t, before)
	if err := cancelled.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cancelled.Wait(); err == nil {
		t.Error("the cancelled job succeeded")
	}
	if after := buildah(t, "containers", "--quiet"); after != before {
		t.Errorf("containers are left: %s", after)
	}
	if out, err := job("true").CombinedOutput(); err != nil || !strings.Contains(string(out), "no image has the tag 1") {
		t.Errorf("%v\n%s", err, out)
	}
	r.image(t, "group/project/image:1")
}

// waitForContainer waits until buildah has another container than before.
func waitForContainer(t *testing.T, before string) {
	t.Helper()
	for range 100 {
		if buildah(t, "containers", "--quiet") != before {
			time.Sleep(500 * time.Millisecond)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no build has begun")
}
