package local

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Lines shows progress as one line for each image that ended.
type Lines struct {
	Out io.Writer

	mu sync.Mutex
}

// Begin implements Progress.
func (*Lines) Begin(_, _ string) {}

// End implements Progress.
func (l *Lines) End(r Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.Out, r.line())
}

// Close implements Progress.
func (*Lines) Close() {}

// line is a result in one line.
func (r Result) line() string {
	text := r.Image + ": " + string(r.State)
	if r.State == WasSkipped {
		text += ", since " + r.Because + " failed"
	}
	if r.Seconds > 0 {
		text += " (" + shortly(time.Duration(r.Seconds*float64(time.Second))) + ")"
	}
	return text
}

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
