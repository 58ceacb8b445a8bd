package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// stubborn is a snippet that says that it has begun, and then ends for nobody who asks.
func stubborn(begun string) string {
	return `trap '' TERM INT; echo begun > ` + begun + `; sleep 60; sleep 60`
}

// jobVariables are those of a job for the image rust of a registry.
func (s *sandbox) jobVariables() []string {
	s.Helper()
	head := exec.Command("git", "rev-parse", "HEAD")
	head.Dir = s.dir
	commit, err := head.Output()
	s.must(err)
	return append(s.environ,
		"CI_REGISTRY="+s.registry.Host, "CI_REGISTRY_IMAGE="+s.registry.Host+"/group/project", "CI_REGISTRY_USER=u", "CI_REGISTRY_PASSWORD=s3cret",
		"CI_PROJECT_PATH=group/project", "CI_PROJECT_ID=1", "CI_PIPELINE_ID=2", "CI_JOB_ID=3", "CI_SERVER_URL=http://127.0.0.1:1", "CI_JOB_TOKEN=s3cret",
		"CI_COMMIT_SHA="+strings.TrimSpace(string(commit)), "CI_REPOSITORY_URL="+s.dir, "STEMMA_IMAGE=rust", "FDO_REPO_SUFFIX=rust", "FDO_DISTRIBUTION_TAG=v1",
		"FDO_BASE_IMAGE="+s.registry.Host+"/lib/base:1", "FDO_DISTRIBUTION_NAME=alpine",
	)
}

// TestCommandsAreCancelledWhileOthersWork cancels commands while a program that they started does not want to end, while another
// process has the image, and while they wait for another try.
func TestCommandsAreCancelledWhileOthersWork(t *testing.T) {
	t.Parallel()
	busy := ocitest.Fault{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"60"}}}
	tests := map[string]func(s *sandbox, begun string) *exec.Cmd{
		"a snippet of a build": func(s *sandbox, begun string) *exec.Cmd {
			s.write("stemma.yaml", "version: 1\nimages:\n  app: {distribution: alpine, base: \"REGISTRY/lib/base:1\", exec: \""+stubborn(begun)+"\"}\n")
			return exec.Command("stemma", "-C", s.dir, "build")
		},
		"a snippet of a job": func(s *sandbox, begun string) *exec.Cmd {
			command := exec.Command("stemma", "job", "build")
			command.Env = append(s.jobVariables(), "FDO_DISTRIBUTION_EXEC="+stubborn(begun))
			return command
		},
		"a test beside the image": func(s *sandbox, begun string) *exec.Cmd {
			s.push("group/project/rust:v1")
			command := exec.Command("stemma", "job", "verify")
			command.Env = append(s.jobVariables(), `STEMMA_TESTS=[{"name":"a","outside":true,"run":"`+stubborn(begun)+`"}]`)
			return command
		},
		"a test in the image": func(s *sandbox, begun string) *exec.Cmd {
			s.push("group/project/rust:v1")
			command := exec.Command("stemma", "job", "verify")
			command.Env = append(s.jobVariables(), `STEMMA_TESTS=[{"name":"a","run":"`+stubborn(begun)+`"}]`)
			return command
		},
		"another try": func(s *sandbox, begun string) *exec.Cmd {
			s.registry.Break(busy)
			s.must(os.WriteFile(begun, nil, 0o600))
			command := exec.Command("stemma", "job", "release")
			command.Env = append(s.jobVariables(), `STEMMA_RELEASE=[{"tags":["latest"]}]`)
			return command
		},
		"another try of an upload": func(s *sandbox, begun string) *exec.Cmd {
			fault := busy
			fault.Method = http.MethodPatch
			s.registry.Break(fault)
			command := exec.Command("stemma", "job", "build")
			command.Env = append(s.jobVariables(), "FDO_DISTRIBUTION_EXEC=echo > "+begun)
			return command
		},
		"another process": func(s *sandbox, begun string) *exec.Cmd {
			s.write("stemma.yaml", "version: 1\nimages:\n  app: {distribution: alpine, base: \"REGISTRY/lib/base:1\", exec: \""+stubborn(begun)+"\"}\n")
			other, _ := s.start("build")
			s.Cleanup(func() {
				_ = other.Process.Signal(os.Interrupt)
				_ = other.Wait()
			})
			s.await(begun)
			return exec.Command("stemma", "-C", s.dir, "build")
		},
	}
	for name, prepare := range sample.Of(tests, 3) {
		for what, signal := range cancellations() {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				s := newSandbox(t, "version: 1\nimages: {}\n")
				s.git("init", "--quiet")
				s.commit()
				begun := filepath.Join(t.TempDir(), "begun")
				s.cancels(prepare(s, begun), begun, signal)
			})
		}
	}
}

// cancels runs a command, cancels it when the work has begun, and looks at what is left.
func (s *sandbox) cancels(command *exec.Cmd, begun string, signal os.Signal) {
	s.Helper()
	var out strings.Builder
	command.Dir, command.Stdout, command.Stderr = s.dir, &out, &out
	if command.Env == nil {
		command.Env = s.environ
	}
	folder := s.TempDir()
	command.Env = append(command.Env, "TMPDIR="+folder)
	s.must(command.Start())
	s.await(begun)
	time.Sleep(500 * time.Millisecond)
	at := time.Now()
	s.must(command.Process.Signal(signal))
	killed := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	err := command.Wait()
	killed.Stop()
	// A command alone on a machine takes less than two seconds. Here, many run at once.
	if took := time.Since(at); took > 8*time.Second {
		s.Errorf("it took %s", took)
	}
	if err == nil || command.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "cancelled") {
		s.Errorf("it ended with %v:\n%s", err, &out)
	}
	if s.digest("group/project/rust:latest") != "" {
		s.Error("a tag is released")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*", "auth.json")); len(left) > 0 {
		s.Errorf("credentials are left in %s", left)
	}
}
