package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// stubborn is a snippet that says that it has begun, and then ends for nobody who asks.
func stubborn(begun string) string {
	return `trap '' TERM INT; echo begun > ` + begun + `; sleep 60; sleep 60`
}

// jobVariables are those of a job for the image rust of a registry.
func (y *yard) jobVariables() []string {
	y.Helper()
	head := exec.Command("git", "rev-parse", "HEAD")
	head.Dir = y.dir
	commit, err := head.Output()
	y.must(err)
	return append(y.environ,
		"CI_REGISTRY="+y.registry.Host, "CI_REGISTRY_IMAGE="+y.registry.Host+"/group/project", "CI_REGISTRY_USER=u", "CI_REGISTRY_PASSWORD=s3cret",
		"CI_PROJECT_PATH=group/project", "CI_PROJECT_ID=1", "CI_PIPELINE_ID=2", "CI_JOB_ID=3", "CI_SERVER_URL=http://127.0.0.1:1", "CI_JOB_TOKEN=s3cret",
		"CI_COMMIT_SHA="+strings.TrimSpace(string(commit)), "CI_REPOSITORY_URL="+y.dir, "STEMMA_IMAGE=rust", "FDO_REPO_SUFFIX=rust", "FDO_DISTRIBUTION_TAG=v1",
		"FDO_BASE_IMAGE="+y.registry.Host+"/lib/base:1", "FDO_DISTRIBUTION_NAME=alpine",
	)
}

// TestCommandsAreCancelledWhileOthersWork cancels commands while a program that they started does not want to end, while another
// process has the image, and while they wait for another try.
func TestCommandsAreCancelledWhileOthersWork(t *testing.T) {
	t.Parallel()
	busy := ocitest.Fault{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"60"}}}
	tests := map[string]func(y *yard, begun string) *exec.Cmd{
		"a snippet of a build": func(y *yard, begun string) *exec.Cmd {
			y.write("stemma.yaml", "version: 1\nimages:\n  app: {distribution: alpine, base: \"REGISTRY/lib/base:1\", exec: \""+stubborn(begun)+"\"}\n")
			return exec.Command("stemma", "-C", y.dir, "build")
		},
		"a snippet of a job": func(y *yard, begun string) *exec.Cmd {
			command := exec.Command("stemma", "job", "build")
			command.Env = append(y.jobVariables(), "FDO_DISTRIBUTION_EXEC="+stubborn(begun))
			return command
		},
		"a test beside the image": func(y *yard, begun string) *exec.Cmd {
			y.push("group/project/rust:v1")
			command := exec.Command("stemma", "job", "verify")
			command.Env = append(y.jobVariables(), `STEMMA_TESTS=[{"name":"a","outside":true,"run":"`+stubborn(begun)+`"}]`)
			return command
		},
		"a test in the image": func(y *yard, begun string) *exec.Cmd {
			y.push("group/project/rust:v1")
			command := exec.Command("stemma", "job", "verify")
			command.Env = append(y.jobVariables(), `STEMMA_TESTS=[{"name":"a","run":"`+stubborn(begun)+`"}]`)
			return command
		},
		"another try": func(y *yard, begun string) *exec.Cmd {
			y.registry.Break(busy)
			y.must(os.WriteFile(begun, nil, 0o600))
			command := exec.Command("stemma", "job", "release")
			command.Env = append(y.jobVariables(), `STEMMA_RELEASE=[{"tags":["latest"]}]`)
			return command
		},
		"another try of an upload": func(y *yard, begun string) *exec.Cmd {
			fault := busy
			fault.Method = http.MethodPatch
			y.registry.Break(fault)
			command := exec.Command("stemma", "job", "build")
			command.Env = append(y.jobVariables(), "FDO_DISTRIBUTION_EXEC=echo > "+begun)
			return command
		},
		"another process": func(y *yard, begun string) *exec.Cmd {
			y.write("stemma.yaml", "version: 1\nimages:\n  app: {distribution: alpine, base: \"REGISTRY/lib/base:1\", exec: \""+stubborn(begun)+"\"}\n")
			other, _ := y.start("build")
			y.Cleanup(func() {
				_ = other.Process.Signal(os.Interrupt)
				_ = other.Wait()
			})
			y.await(begun)
			return exec.Command("stemma", "-C", y.dir, "build")
		},
	}
	for name, prepare := range tests {
		for what, signal := range map[string]os.Signal{"by Ctrl-C": os.Interrupt, "by GitLab": syscall.SIGTERM} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				y := newYard(t, "version: 1\nimages: {}\n")
				y.git("init", "--quiet")
				y.commit()
				begun := filepath.Join(t.TempDir(), "begun")
				y.cancels(prepare(y, begun), begun, signal)
			})
		}
	}
}

// cancels runs a command, cancels it when the work has begun, and looks at what is left.
func (y *yard) cancels(command *exec.Cmd, begun string, signal os.Signal) {
	y.Helper()
	var out strings.Builder
	command.Dir, command.Stdout, command.Stderr = y.dir, &out, &out
	if command.Env == nil {
		command.Env = y.environ
	}
	folder := y.TempDir()
	command.Env = append(command.Env, "TMPDIR="+folder)
	y.must(command.Start())
	y.await(begun)
	time.Sleep(500 * time.Millisecond)
	at := time.Now()
	y.must(command.Process.Signal(signal))
	killed := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	err := command.Wait()
	killed.Stop()
	if took := time.Since(at); took > 2*time.Second {
		y.Errorf("it took %s", took)
	}
	if err == nil || command.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "cancelled") {
		y.Errorf("it ended with %v:\n%s", err, &out)
	}
	if y.digest("group/project/rust:latest") != "" {
		y.Error("a tag is released")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*", "auth.json")); len(left) > 0 {
		y.Errorf("credentials are left in %s", left)
	}
}
