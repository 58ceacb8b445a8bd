package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start starts stemma as a process of its own.
func (y *yard) start(args ...string) (command *exec.Cmd, out *bytes.Buffer) {
	y.Helper()
	out = &bytes.Buffer{}
	command = exec.Command("stemma", append([]string{"-C", y.dir}, args...)...)
	command.Env, command.Stdout, command.Stderr = y.environ, out, out
	y.must(command.Start())
	return command, out
}

// await waits until a file is there.
func (y *yard) await(file string) {
	y.Helper()
	for range 200 {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	y.Fatalf("%s does not come", file)
}

// newSlowYard has an image whose build says that it has begun in a file, and then takes its time.
func newSlowYard(t *testing.T) (y *yard, begun string) {
	t.Helper()
	begun = filepath.Join(t.TempDir(), "begun")
	return newYard(t, `version: 1
images:
  quick: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: "true"}
  slow: {base: quick, exec: "echo begun >> `+begun+`; sleep 2"}
  after: {base: slow, exec: "true"}
`), begun
}

// TestBuildIsInterrupted presses Ctrl-C while the second of three images is built.
func TestBuildIsInterrupted(t *testing.T) {
	t.Parallel()
	y, begun := newSlowYard(t)
	command, out := y.start("build", "--jobs", "1")
	y.await(begun)
	y.must(command.Process.Signal(os.Interrupt))
	if err := command.Wait(); err == nil || command.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v:\n%s", err, out)
	}
	y.prints(out.String(), "1 built, 2 cancelled", "cancelled  slow", "cancelled  after")
	y.prints(y.stemma(0, "build"), "2 built, 1 on this machine")
}

// TestBuildIsKilled lets a build no time to clean up.
func TestBuildIsKilled(t *testing.T) {
	t.Parallel()
	y, begun := newSlowYard(t)
	command, out := y.start("build")
	y.await(begun)
	y.must(command.Process.Signal(syscall.SIGKILL))
	if err := command.Wait(); err == nil {
		t.Errorf("it was not killed:\n%s", out)
	}
	y.prints(y.stemma(0, "build"), "2 built, 1 on this machine")
}

// TestTwoBuildsShareTheWork starts two builds at once: the second waits for the image that the first builds, and takes it.
func TestTwoBuildsShareTheWork(t *testing.T) {
	t.Parallel()
	y, begun := newSlowYard(t)
	first, firstOut := y.start("build")
	second, secondOut := y.start("build")
	for command, out := range map[*exec.Cmd]*bytes.Buffer{first: firstOut, second: secondOut} {
		if err := command.Wait(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
	}
	content, err := os.ReadFile(begun)
	y.must(err)
	if built := strings.Count(string(content), "begun"); built != 1 {
		t.Errorf("it was built %d times:\n%s\n%s", built, firstOut, secondOut)
	}
}

// TestPublishIsStopped stops a publication between its first image and its last, and starts it again.
func TestPublishIsStopped(t *testing.T) {
	t.Parallel()
	for what, signal := range map[string]os.Signal{"by a person": os.Interrupt, "by force": syscall.SIGKILL} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			y := newPublishingYard(t, aTree, "web")
			y.registry.Delay(100 * time.Millisecond)
			command, out := y.start("publish", "web")
			for y.digest("group/project/base:"+y.tag("base")) == "" {
				time.Sleep(10 * time.Millisecond)
			}
			y.must(command.Process.Signal(signal))
			if err := command.Wait(); err == nil {
				t.Errorf("it was not stopped:\n%s", out)
			}
			if signal == os.Interrupt {
				y.prints(out.String(), "cancelled  web")
			}
			if y.digest("group/project/base:latest") != "" {
				t.Error("a tag is released before all images are there")
			}
			y.registry.Delay(0)
			y.stemma(0, "publish", "web", "app", "base")
			for _, image := range []string{"base", "app", "web"} {
				if digest := y.digest("group/project/" + image + ":latest"); digest == "" || digest != y.digest("group/project/"+image+":"+y.tag(image)) {
					t.Errorf("%s is released as %q", image, digest)
				}
			}
		})
	}
}
