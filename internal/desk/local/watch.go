package local

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// watch writes the log of an image, and reports what happens in it.
type watch struct {
	io.Writer
	progress Progress
	image    string

	mu sync.Mutex
	// recent is the end of the output of this phase, and last has the last lines of a phase that failed.
	recent []byte
	last   []string
}

// log is the watched log.
func (w *watch) log() output.Log { return output.Log{Writer: w, Phases: w} }

// Write implements io.Writer.
func (w *watch) Write(text []byte) (int, error) {
	w.mu.Lock()
	w.recent = terminal.KeepEnd(w.recent, text)
	w.mu.Unlock()
	w.progress.Print(w.image, text)
	return w.Writer.Write(text)
}

// Begin implements output.Phases.
func (w *watch) Begin(name, _ string) {
	w.mu.Lock()
	w.recent = nil
	w.mu.Unlock()
	if name == "push" {
		name = "keep" // the store takes what the job pushes
	}
	w.progress.Begin(w.image, name)
}

// End implements output.Phases.
func (w *watch) End(failure error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if failure != nil {
		w.last = terminal.LastLines(string(w.recent), output.LastLines)
	}
}

// advise says what to do after failed tests on this machine. Only the store has the image, so podman cannot run it.
func advise(job jobenv.Target, _ oci.Reference) []string {
	return []string{
		"To test the same image again, run the same command again. To rebuild it, use the same flags with: stemma build --force " + job.Name,
	}
}

// explain says why the work on the image failed, and returns the last lines of the failed phase or tests.
func (w *watch) explain(failure error) (reason string, last []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var failed imagetest.Failure
	if !errors.As(failure, &failed) {
		return failure.Error(), w.last
	}
	var reasons []string
	for _, test := range failed.Tests {
		reasons = append(reasons, fmt.Sprintf("the test %q failed: %s", test.Name, test.Failure))
		last = append(last, terminal.LastLines(test.Output, output.LastLines)...)
	}
	return strings.Join(reasons, "; "), last
}
