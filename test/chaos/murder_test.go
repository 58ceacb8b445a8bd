//go:build chaos

package chaos_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	gitlabci "gitlab.com/stemma-ci/stemma/internal/gitlabci/pipeline"
)

// murder is a kill -9 of a process that runs.
type murder struct {
	// job begins the name of the job that is killed.
	job   string
	after time.Duration
	// isWhole kills all that the process has started too, as the end of a container does; otherwise as the kernel does that runs out of
	// memory.
	isWhole bool
	isDone  bool
}

// newMurder chooses a moment within the time that something usually takes.
func (w *world) newMurder(job string, usual time.Duration) *murder {
	return &murder{job: job, after: time.Duration(w.rng.Float64() * 1.1 * float64(usual)), isWhole: w.rng.IntN(2) == 0}
}

// murder is what ends a job; nil for most.
func (p *pipeline) murder(job gitlabci.Job) *murder {
	if m := p.victim; m != nil && !m.isDone && strings.HasPrefix(job.Name, m.job) {
		m.isDone = true
		return m
	}
	return nil
}

// moment is when it happens.
func (m *murder) moment() <-chan time.Time {
	if m == nil {
		return nil
	}
	return time.After(m.after)
}

func (m *murder) kill(pid int) {
	if m.isWhole {
		killTree(pid)
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// killTree kills a process and all that it has started. They are stopped first, so that none starts another meanwhile.
func killTree(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	for _, child := range children(pid) {
		killTree(child)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func children(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var out []int
	for _, list := range lists {
		content, _ := os.ReadFile(list) // a thread may have ended
		for _, field := range strings.Fields(string(content)) {
			if child, err := strconv.Atoi(field); err == nil {
				out = append(out, child)
			}
		}
	}
	return out
}

// endOrphans ends what killed processes have started and what still runs.
func (w *world) endOrphans() {
	for _, pid := range w.orphans() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// orphans are the processes with the run's folder in their environment.
func (w *world) orphans() []int {
	var out []int
	processes, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, process := range processes {
		environ, err := os.ReadFile(process)
		if pid, isNumber := strconv.Atoi(strings.Split(process, "/")[2]); err == nil && isNumber == nil && bytes.Contains(environ, []byte("TMPDIR="+w.dir)) {
			out = append(out, pid)
		}
	}
	return out
}

// usual is the longest that things took that were not killed, by name.
var usual = struct {
	sync.Mutex
	took map[string]time.Duration
}{took: map[string]time.Duration{}}

// usually returns how long something takes.
func usually(name string, guess time.Duration) time.Duration {
	usual.Lock()
	defer usual.Unlock()
	if took, ok := usual.took[name]; ok {
		return took
	}
	return guess
}

func note(name string, took time.Duration) {
	usual.Lock()
	defer usual.Unlock()
	usual.took[name] = max(took, usual.took[name])
}
