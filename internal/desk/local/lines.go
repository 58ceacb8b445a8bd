package local

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Lines shows progress as a text for each image that ended.
type Lines struct {
	Out io.Writer

	mu sync.Mutex
}

// Plan implements Progress.
func (*Lines) Plan([]Planned) {}

// Begin implements Progress.
func (*Lines) Begin(_, _ string) {}

// Print implements Progress.
func (*Lines) Print(string, []byte) {}

// End implements Progress.
func (l *Lines) End(r Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(l.Out, r.text())
}

// Close implements Progress.
func (*Lines) Close() {}

// text is a result in one line and, for a failure, its cause, the last lines of the failed phase or tests, and the log.
func (r Result) text() string {
	line := r.Image + ": " + string(r.State)
	if r.State == WasSkipped {
		line += ", since " + r.Because + " failed"
	}
	if r.Seconds > 0 {
		line += " (" + r.took() + ")"
	}
	if r.State != HasFailed {
		return line + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", line, terminal.Text(r.Error))
	for _, last := range r.Output {
		fmt.Fprintf(&b, "    %s\n", last)
	}
	if r.Log != "" {
		fmt.Fprintf(&b, "    log: %s\n", r.Log)
	}
	return b.String()
}

func (r Result) took() string { return shortly(time.Duration(r.Seconds * float64(time.Second))) }

// shortly prints a duration rounded to its magnitude.
func shortly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}
