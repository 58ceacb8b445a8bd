package local

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Table shows progress on a terminal: results scroll up, and the rows below show the current steps.
type Table struct {
	out io.Writer
	now func() time.Time

	mu      sync.Mutex
	running []row
	ended   int
	// drawn is the number of rows below the results.
	drawn int
	stop  chan struct{}
	done  sync.WaitGroup
}

type row struct {
	image, doing string
	since        time.Time
}

// NewTable returns a table that redraws itself at an interval, until it is closed.
func NewTable(out io.Writer, now func() time.Time, every time.Duration) *Table {
	t := &Table{out: out, now: now, stop: make(chan struct{})}
	t.done.Go(func() {
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				t.mu.Lock()
				t.draw("")
				t.mu.Unlock()
			case <-t.stop:
				return
			}
		}
	})
	return t
}

// Begin implements Progress.
func (t *Table) Begin(image, doing string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.find(image); i >= 0 {
		t.running[i].doing = doing
	} else {
		t.running = append(t.running, row{image, doing, t.now()})
	}
	t.draw("")
}

// End implements Progress.
func (t *Table) End(r Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.find(r.Image); i >= 0 {
		t.running = slices.Delete(t.running, i, i+1)
	}
	t.ended++
	t.draw(r.line() + "\n")
}

// Close implements Progress: it removes the rows.
func (t *Table) Close() {
	close(t.stop)
	t.done.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = nil
	t.draw("")
}

func (t *Table) find(image string) int {
	return slices.IndexFunc(t.running, func(r row) bool { return r.image == image })
}

// draw replaces the rows by a text that scrolls and the current rows. It turns off line wrapping meanwhile: a wrapped row would make the
// count of rows wrong.
func (t *Table) draw(scrolls string) {
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", t.drawn)
	}
	b.WriteString(scrolls)
	t.drawn = 0
	if len(t.running) > 0 {
		b.WriteString("\x1b[?7l")
		for _, r := range t.running {
			fmt.Fprintf(&b, "  %-8s %6s  %s\n", r.doing, t.now().Sub(r.since).Round(time.Second), r.image)
		}
		fmt.Fprintf(&b, "  %d ended\n\x1b[?7h", t.ended)
		t.drawn = len(t.running) + 1
	}
	if b.Len() > 0 {
		_, _ = io.WriteString(t.out, b.String())
	}
}
