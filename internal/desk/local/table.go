package local

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Screen is the terminal that a table draws on.
type Screen struct {
	Out io.Writer
	// Look returns what the terminal shows now, and how many lines it has; 0 if it is not known. A terminal may change its size.
	Look func() (look terminal.Look, height int)
	Now  func() time.Time
}

// Table shows progress on a terminal: a tree of all images, which it redraws in place. What failed, and why, is below the tree in the end.
type Table struct {
	screen Screen

	mu    sync.Mutex
	rows  []row
	began time.Time
	// drawn has the lines that the terminal shows.
	drawn []string
	stop  chan struct{}
	done  sync.WaitGroup
}

// NewTable returns a table that redraws itself at an interval, until it is closed.
func NewTable(screen Screen, every time.Duration) *Table {
	t := &Table{screen: screen, began: screen.Now(), stop: make(chan struct{})}
	t.done.Go(func() {
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				t.redraw()
			case <-t.stop:
				return
			}
		}
	})
	return t
}

// Plan implements Progress.
func (t *Table) Plan(images []Planned) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, planned := range images {
		t.rows = append(t.rows, row{Planned: planned})
	}
}

// Begin implements Progress.
func (t *Table) Begin(image, phase string) {
	t.change(image, func(r *row) {
		if !r.isRunning() {
			r.since = t.screen.Now()
		}
		r.phase, r.recent = phase, nil
	})
}

// Print implements Progress.
func (t *Table) Print(image string, text []byte) {
	t.change(image, func(r *row) { r.recent = terminal.KeepEnd(r.recent, text) })
}

// End implements Progress.
func (t *Table) End(result Result) {
	t.change(result.Image, func(r *row) { r.result = &result })
}

func (t *Table) change(image string, change func(*row)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.IndexFunc(t.rows, func(r row) bool { return r.Image == image }); i >= 0 {
		change(&t.rows[i])
	}
}

// Close implements Progress: it leaves the whole tree on the terminal, however high it is, and what failed.
func (t *Table) Close() {
	close(t.stop)
	t.done.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	look, _ := t.screen.Look()
	roots, _ := branches(t.rows, t.screen.Now())
	var failures strings.Builder
	for _, r := range t.rows {
		if r.result != nil && r.result.State == HasFailed {
			failures.WriteString(r.result.text())
		}
	}
	t.replace(look.Width, look.Tree(roots)+failures.String())
}

// redraw draws the rows again where they look different now.
func (t *Table) redraw() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	look, height := t.screen.Look()
	lines := frame(t.rows, t.began, t.screen.Now(), look, height)
	if slices.Equal(lines, t.drawn) {
		return
	}
	t.replace(look.Width, strings.Join(lines, "\n")+"\n")
	t.drawn = lines
}

// replace replaces what is drawn. It turns off line wrapping meanwhile: a wrapped line would make the count of lines wrong.
func (t *Table) replace(width int, text string) {
	up := ""
	if n := linesOn(t.drawn, width); n > 0 {
		up = fmt.Sprintf("\x1b[%dA\r\x1b[J", n)
	}
	_, _ = io.WriteString(t.screen.Out, up+"\x1b[?7l"+text+"\x1b[?7h")
	t.drawn = nil
}

// linesOn is how many lines of a terminal some lines take. A terminal that became narrower has wrapped those that are too wide for it now.
func linesOn(lines []string, width int) int {
	n := len(lines)
	for _, line := range lines {
		if visible := utf8.RuneCountInString(terminal.Plain(line)); width > 0 && visible > width {
			n += (visible - 1) / width
		}
	}
	return n
}
