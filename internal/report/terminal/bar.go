package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Bar shows on the last line of a terminal how much of a number of things is done. It may be used by several goroutines.
type Bar struct {
	mu          sync.Mutex
	out         io.Writer
	done, total int
	things      string
	drawn       string
}

// NewBar returns a bar for a number of things. If out is nil, it shows nothing.
func NewBar(out io.Writer, total int, things string) *Bar {
	return &Bar{out: out, total: total, things: things}
}

// barWidth is the width of the bar itself, in columns.
const barWidth = 20

// Step counts one thing as done.
func (b *Bar) Step() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	full := barWidth * b.done / max(1, b.total)
	b.draw(fmt.Sprintf("[%s%s] %d of %d %s", strings.Repeat("#", full), strings.Repeat(" ", max(0, barWidth-full)), b.done, b.total, b.things))
}

// Clear removes the bar.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn != "" {
		b.draw("")
	}
}

// draw replaces the line. A line that no longer fits the terminal is cut, as line wrapping is off.
func (b *Bar) draw(line string) {
	if b.out == nil {
		return
	}
	b.drawn = line
	_, _ = fmt.Fprintf(b.out, "\x1b[?7l\r\x1b[K%s\x1b[?7h", line)
}
