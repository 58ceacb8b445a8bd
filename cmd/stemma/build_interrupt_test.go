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
func (s *sandbox) start(args ...string) (command *exec.Cmd, out *bytes.Buffer) {
	s.Helper()
	out = &bytes.Buffer{}
	command = exec.Command("stemma", append([]string{"-C", s.dir}, args...)...)
	command.Env, command.Stdout, command.Stderr = s.environ, out, out
	s.must(command.Start())
	return command, out
}

// await waits until a file is there.
func (s *sandbox) await(file string) {
	s.Helper()
	for range 200 {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.Fatalf("%s does not come", file)
}

// newSlowSandbox has an image whose build says that it has begun in a file, and then takes its time.
func newSlowSandbox(t *testing.T) (s *sandbox, begun string) {
	t.Helper()
	begun = filepath.Join(t.TempDir(), "begun")
	return newSandbox(t, `version: 1
images:
  quick: {distribution: alpine, base: "REGISTRY/lib/base:1", exec: "true"}
  slow: {base: quick, exec: "echo begun >> `+begun+`; sleep 2"}
  after: {base: slow, exec: "true"}
`), begun
}

// TestBuildIsInterrupted presses Ctrl-C while the second of three images is built.
func TestBuildIsInterrupted(t *testing.T) {
	t.Parallel()
	s, begun := newSlowSandbox(t)
	command, out := s.start("build", "--jobs", "1")
	s.await(begun)
	s.must(command.Process.Signal(os.Interrupt))
	if err := command.Wait(); err == nil || command.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v:\n%s", err, out)
	}
	s.prints(out.String(), "1 built, 2 cancelled", "slow: cancelled", "after: cancelled")
	s.prints(s.stemma(0, "build"), "2 built, 1 on this machine")
}

// TestBuildIsKilled lets a build no time to clean up.
func TestBuildIsKilled(t *testing.T) {
	t.Parallel()
	s, begun := newSlowSandbox(t)
	command, out := s.start("build")
	s.await(begun)
	s.must(command.Process.Signal(syscall.SIGKILL))
	if err := command.Wait(); err == nil {
		t.Errorf("it was not killed:\n%s", out)
	}
	s.prints(s.stemma(0, "build"), "2 built, 1 on this machine")
}

// TestTwoBuildsShareTheWork starts two builds at once: the second waits for the image that the first builds, and takes it.
func TestTwoBuildsShareTheWork(t *testing.T) {
	t.Parallel()
	s, begun := newSlowSandbox(t)
	first, firstOut := s.start("build")
	second, secondOut := s.start("build")
	for command, out := range map[*exec.Cmd]*bytes.Buffer{first: firstOut, second: secondOut} {
		if err := command.Wait(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
	}
	content, err := os.ReadFile(begun)
	s.must(err)
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
			s := newPublishingSandbox(t, aTree, "web")
			s.registry.Delay(100 * time.Millisecond)
			command, out := s.start("publish", "web")
			for s.digest("group/project/base:"+s.tag("base")) == "" {
				time.Sleep(10 * time.Millisecond)
			}
			s.must(command.Process.Signal(signal))
			if err := command.Wait(); err == nil {
				t.Errorf("it was not stopped:\n%s", out)
			}
			if signal == os.Interrupt {
				s.prints(out.String(), "web: cancelled")
			}
			if s.digest("group/project/base:latest") != "" {
				t.Error("a tag is released before all images are there")
			}
			s.registry.Delay(0)
			s.stemma(0, "publish", "web", "app", "base")
			for _, image := range []string{"base", "app", "web"} {
				if digest := s.digest("group/project/" + image + ":latest"); digest == "" || digest != s.digest("group/project/"+image+":"+s.tag(image)) {
					t.Errorf("%s is released as %q", image, digest)
				}
			}
		})
	}
}
