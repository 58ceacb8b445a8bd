package local

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Planned is an image that a run shows.
type Planned struct {
	Image string
	// Parent is the number of the image below which it is shown, or -1.
	Parent int
	// State is that of an image that needs no work; it is empty for others.
	State State
}

// row is what a table shows of an image.
type row struct {
	Planned
	// phase is empty until the work begins, at since.
	phase string
	since time.Time
	// recent is the end of the output of its job.
	recent []byte
	// result has the state that the image has in the end.
	result *Result
}

// isRunning reports whether somebody works on the image.
func (r row) isRunning() bool { return r.phase != "" && r.result == nil }

// state is the state in one word, with a style.
func (r row) state() (word string, style terminal.Style) {
	state := r.State
	if r.result != nil {
		state = r.result.State
	}
	switch state {
	case "":
		if r.isRunning() {
			return r.phase, terminal.Cyan
		}
		return "waiting", terminal.Dim
	case HasFailed:
		return string(state), terminal.Red
	case WasSkipped, WasCancelled:
		return string(state), terminal.Yellow
	case IsHere, IsPublished:
		return string(state), terminal.Normal
	default:
		return string(state), terminal.Green
	}
}

// branch is the row as a branch of the tree.
func (r row) branch(now time.Time) terminal.Branch {
	word, style := r.state()
	took, note := "", ""
	switch {
	case r.isRunning():
		took = now.Sub(r.since).Truncate(time.Second).String()
		if lines := terminal.LastLines(string(r.recent), 1); len(lines) > 0 {
			note = strings.TrimSpace(lines[0])
		}
	case r.result != nil && r.result.Seconds > 0:
		took = r.result.took()
	}
	return terminal.Branch{Name: r.Image, Style: style, Column: strings.TrimRight(fmt.Sprintf("%-9s %6s", word, took), " "), Note: note}
}

// branches returns the trees of all rows, and the number of the row of each line.
func branches(rows []row, now time.Time) (roots []terminal.Branch, order []int) {
	below := map[int][]int{}
	for i, r := range rows {
		below[r.Parent] = append(below[r.Parent], i)
	}
	var grow func(parent int) []terminal.Branch
	grow = func(parent int) (grown []terminal.Branch) {
		for _, i := range below[parent] {
			order = append(order, i)
			branch := rows[i].branch(now)
			branch.Below = grow(i)
			grown = append(grown, branch)
		}
		return grown
	}
	roots = grow(-1)
	return roots, order
}

// frame returns the lines that a terminal shows: the tree, and a total. Where the terminal has fewer lines, it shows the images that are
// worked on. A height of 0 has no limit.
func frame(rows []row, began, now time.Time, look terminal.Look, height int) []string {
	roots, order := branches(rows, now)
	lines := slices.Collect(strings.Lines(look.Tree(roots)))
	if height > 0 && len(lines) > height-2 { // one line is for the total, and one for the cursor
		var running []string
		for n, i := range order {
			if rows[i].isRunning() && len(running) < max(1, height-2) {
				running = append(running, lines[n])
			}
		}
		lines = running
	}
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\n")
	}
	return append(lines, look.Cut(total(rows, began, now), look.Width))
}

// total counts the images in each state.
func total(rows []row, began, now time.Time) string {
	counts := map[string]int{}
	for _, r := range rows {
		word, _ := r.state()
		if r.isRunning() {
			word = "running"
		}
		counts[word]++
	}
	var parts []string
	for _, word := range []string{"running", "waiting", string(WasPushed), string(WasBuilt), string(WasTested), string(IsPublished), string(IsHere), string(HasFailed), string(WasSkipped), string(WasCancelled)} {
		if n := counts[word]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, State(word).inWords()))
		}
	}
	return fmt.Sprintf("%s in %s: %s", terminal.Count(len(rows), "image"), now.Sub(began).Truncate(time.Second), strings.Join(parts, ", "))
}
