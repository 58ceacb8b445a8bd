//go:build e2e

package e2e_test

import (
	"bytes"
	"fmt"
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
	h := newHand(t, r, "group/project")
	before := buildah(t, "containers", "--quiet")
	job := func(snippet string) *exec.Cmd { return h.job(schema.VarDistributionExec + "=" + snippet) }
	cancelled := job("sleep 300")
	cancelled.Stdout = &bytes.Buffer{}
	cancelled.Stderr = cancelled.Stdout
	if err := cancelled.Start(); err != nil {
		t.Fatal(err)
	}
	waitForContainer(t, before)
	cancel(t, cancelled)
	if after := buildah(t, "containers", "--quiet"); after != before {
		t.Errorf("containers are left: %s", after)
	}
	if out, err := job("true").CombinedOutput(); err != nil || !strings.Contains(string(out), "no image has the tag 1") {
		t.Errorf("%v\n%s", err, out)
	}
	r.image(t, "group/project/image:1")
}

// TestAPushThatIsCancelledPublishesNothing cancels a job while a layer is on its way, and runs it again.
func TestAPushThatIsCancelledPublishesNothing(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	h := newHand(t, r, "group/project")
	cancelled, held := h.job(schema.VarDistributionExec+"=echo x > /x"), r.stall()
	cancelled.Stdout = &bytes.Buffer{}
	cancelled.Stderr = cancelled.Stdout
	if err := cancelled.Start(); err != nil {
		t.Fatal(err)
	}
	<-held
	cancel(t, cancelled)
	if r.has("group/project/image:1") {
		t.Error("the image is there")
	}
	if out, err := h.job(schema.VarDistributionExec + "=echo x > /x").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	r.image(t, "group/project/image:1")
}

// cancel cancels a job as a runner does. It has to end within two seconds, and to say why.
func cancel(t *testing.T, job *exec.Cmd) {
	t.Helper()
	begun := time.Now()
	if err := job.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := job.Wait(); err == nil {
		t.Error("the cancelled job succeeded")
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	if out := fmt.Sprint(job.Stdout); !strings.Contains(out, "stemma: cancelled") {
		t.Errorf("it says:\n%s", out)
	}
}

// TestAFullDiskIsNamed builds where the image does not fit.
func TestAFullDiskIsNamed(t *testing.T) {
	r := startRegistry(t)
	pushTiny(t, r, "lib/tiny:1")
	h := newHand(t, r, "group/project")
	small := t.TempDir()
	run(t, ".", "mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small)
	defer run(t, ".", "umount", small)
	if last := h.fail("TMPDIR="+small, schema.VarDistributionExec+"=head -c 20000000 /dev/urandom > /made"); !strings.Contains(last, "the disk is full") {
		t.Error(last)
	}
	if r.has("group/project/image:1") {
		t.Error("an image is there")
	}
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
