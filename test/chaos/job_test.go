//go:build chaos

package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	gitlabci "gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

const (
	// hangLimit is how long a job may take: a poke whose answers are lost looks for its pipeline three times, for 35 seconds.
	hangLimit = 4 * time.Minute
	// cancelLimit is how long a job may go on after it was canceled, on a machine with much to do.
	cancelLimit = 15 * time.Second
	// brokenTimeouts are the limits of a job where servers fail, and healthyTimeouts where they do not.
	brokenTimeouts  = "connect=3s answer=3s upload=4s stall=3s"
	healthyTimeouts = "connect=60s answer=60s upload=60s stall=60s"
)

// ending is how a process ended.
type ending struct {
	*result
	code     int
	isKilled bool
	took     time.Duration
}

// process runs a job once, as a runner does, and checks how it ends.
func (w *world) process(ctx context.Context, p *pipeline, job gitlabci.Job) ending {
	own, done := w.identity(p, job)
	defer done()
	folder := filepath.Join(w.dir, "builds", p.slot)
	w.prepare(p, job, folder)
	args := strings.Fields(strings.Join(job.Keys.Get("script").Texts(), "\n"))
	if len(args) < 2 || args[0] != "stemma" {
		w.Fatalf("%s runs %q", job.Name, args)
	}
	command := exec.Command("stemma-job", args[1:]...)
	command.Dir = folder
	command.Env = w.environ(p, w.variablesOf(p, job, own))
	printed, end := w.execute(ctx, command, p.murder(job))
	w.logf("pipeline %d: %s ended with %d after %.2fs%s", p.id, job.Name, end.code, end.took.Seconds(), indent(printed))
	if end.code == 0 && p.isHealthy {
		image, _, _ := strings.Cut(job.Name, "@")
		note(fmt.Sprint(image, w.isReal), end.took)
	}
	w.checkEnd(ctx, fmt.Sprintf("%s of pipeline %d", job.Name, p.id), printed, end)
	end.result = collect(job, folder, end.code == 0 && !end.isKilled)
	if found := w.secrets.below(folder); job.Name != "" && len(found) > 0 && !end.isKilled {
		w.problem("%s of pipeline %d leaves a secret in %s", job.Name, p.id, strings.Join(found, ", "))
	}
	return end
}

// identity gives a job its token, with which it may write to the project's repositories until it ends.
func (w *world) identity(p *pipeline, job gitlabci.Job) (own map[string]string, done func()) {
	token := w.gitlab.JobToken("ann", w.name+"/project")
	w.guard.add("gitlab-ci-token", token, visitor{name: job.Name, pipeline: p.id, writes: w.name + "/project/"})
	return map[string]string{
		"CI_JOB_TOKEN": token, "CI_REGISTRY_USER": "gitlab-ci-token", "CI_REGISTRY_PASSWORD": token, "CI_JOB_NAME": job.Name,
		"CI_JOB_ID": strconv.FormatInt(p.id*100, 10), "CI_JOB_STARTED_AT": time.Now().UTC().Format(time.RFC3339),
	}, func() { w.gitlab.End(token) }
}

// prepare makes the folder of a job as a runner does: with GIT_STRATEGY none, what other jobs left stays.
func (w *world) prepare(p *pipeline, job gitlabci.Job, folder string) {
	if value, _ := job.Variables.Values()["GIT_STRATEGY"]; value != "none" {
		w.must(os.RemoveAll(folder))
		w.must(os.CopyFS(folder, os.DirFS(p.commit.folder)))
	}
	w.must(os.MkdirAll(folder, 0o755))
	for _, r := range p.received(job) {
		for name, content := range r.artifacts {
			w.must(os.WriteFile(filepath.Join(folder, name), content, 0o644))
		}
	}
}

// environ is the environment of a job.
func (w *world) environ(p *pipeline, values map[string]string) []string {
	out := w.machine()
	for name, value := range values {
		out = append(out, name+"="+value)
	}
	timeouts := brokenTimeouts
	if p.isHealthy {
		timeouts = healthyTimeouts
	}
	return append(out, "STEMMA_TIMEOUTS="+timeouts)
}

// machine is the environment of a runner.
func (w *world) machine() []string {
	path := os.Getenv("PATH")
	if !w.isReal {
		path = *fakes + ":" + path
	}
	return append([]string{
		"PATH=" + path, "HOME=" + filepath.Join(w.dir, "home"), "TMPDIR=" + filepath.Join(w.dir, "tmp"),
		"CHAOS_STORE=" + filepath.Join(w.dir, "store"), "CHAOS_ARGUMENTS=" + w.argumentsFile(), "CHAOS_TESTED=" + w.testedFile(),
	}, w.storageVariables()...)
}

func (w *world) argumentsFile() string { return filepath.Join(w.dir, "arguments") }
func (w *world) testedFile() string    { return filepath.Join(w.dir, "tested") }

// execute runs a process until it ends, and ends it where the pipeline is canceled, where it hangs, and where it is to be killed.
func (w *world) execute(ctx context.Context, command *exec.Cmd, m *murder) (printed string, end ending) {
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	command.WaitDelay = 5 * time.Second // what is killed leaves children with its output
	begun := time.Now()
	w.must(command.Start())
	tally.processes.Add(1)
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	hang, kill, late := time.After(hangLimit), m.moment(), (<-chan time.Time)(nil)
	canceled := ctx.Done()
	for {
		select {
		case err := <-ended:
			end.code, end.took = exitCode(err), time.Since(begun)
			return out.String(), end
		case <-kill:
			end.isKilled = true
			tally.kills.Add(1)
			m.kill(command.Process.Pid)
		case <-canceled:
			canceled, late = nil, time.After(cancelLimit)
			_ = command.Process.Signal(syscall.SIGTERM)
		case <-late:
			w.problem("%s goes on %s after it was canceled", strings.Join(command.Args, " "), cancelLimit)
			killTree(command.Process.Pid)
		case <-hang:
			w.problem("%s hangs", strings.Join(command.Args, " "))
			killTree(command.Process.Pid)
		}
	}
}

func exitCode(err error) int {
	var failed *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return 0
	case errors.As(err, &failed):
		return failed.ExitCode()
	}
	return -1
}

// checkEnd checks that a process ended right or failed cleanly, and told nobody a secret.
func (w *world) checkEnd(ctx context.Context, what, printed string, end ending) {
	if secret := w.secrets.in([]byte(printed)); secret != "" {
		w.problem("the log of %s has the secret %s", what, secret)
	}
	if strings.Contains(printed, "panic:") || strings.Contains(printed, "goroutine ") {
		w.problem("%s panics:\n%s", what, printed)
	}
	if end.isKilled || ctx.Err() != nil { // whoever ends it does not care how
		return
	}
	if !slices.Contains([]int{0, 1, 3}, end.code) {
		w.problem("%s ends with exit code %d:\n%s", what, end.code, printed)
	}
	if end.code != 0 && strings.TrimSpace(printed) == "" {
		w.problem("%s fails without a message", what)
	}
}

// collect takes the reports and files that a job leaves.
func collect(job gitlabci.Job, folder string, isPassed bool) *result {
	out := &result{isPassed: isPassed, artifacts: map[string][]byte{}}
	artifacts := job.Keys.Get("artifacts")
	if artifacts == nil || !isPassed && !slices.Contains(artifacts.Get("when").Texts(), "always") {
		return out
	}
	for _, name := range artifacts.Get("paths").Texts() {
		if content, err := os.ReadFile(filepath.Join(folder, name)); err == nil {
			out.artifacts[name] = content
		}
	}
	for _, name := range artifacts.Get("reports").Get("dotenv").Texts() {
		content, _ := os.ReadFile(filepath.Join(folder, name)) // without a file there are no variables
		for line := range strings.Lines(string(content)) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				out.dotenv = append(out.dotenv, variable.Variable{Name: key, Value: value, IsRaw: true})
			}
		}
	}
	return out
}

func indent(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return "\n          | " + strings.ReplaceAll(text, "\n", "\n          | ")
}
