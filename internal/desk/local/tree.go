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

// isRunning reports whether a job of the image runs.
func (r row) isRunning() bool { return r.phase != "" && r.result == nil }

// state is the state that the table shows.
func (r row) state() State {
	switch {
	case r.result != nil:
		return r.result.State
	case r.State != "":
		return r.State
	case r.isRunning():
		return isRunning
	default:
		return isWaiting
	}
}

var styles = map[State]terminal.Style{
	isRunning: terminal.Cyan, isWaiting: terminal.Dim,
	WasPushed: terminal.Green, WasBuilt: terminal.Green, WasTested: terminal.Green, IsPublished: terminal.Normal, IsHere: terminal.Normal,
	HasFailed: terminal.Red, WasSkipped: terminal.Yellow, WasCancelled: terminal.Yellow,
}

// branch is the row as a branch of the tree.
func (r row) branch(now time.Time) terminal.Branch {
	state := r.state()
	word := string(state)
	if state == isRunning {
		word = r.phase
	}
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
	return terminal.Branch{Name: r.Image, Style: styles[state], Column: strings.TrimRight(fmt.Sprintf("%-9s %6s", word, took), " "), Note: note}
}

// branches returns the trees of all rows, and the number of the row of each line.
func branches(rows []row, now time.Time) (roots []terminal.Branch, order []int) {
	return trees(len(rows), func(i int) int { return rows[i].Parent }, func(i int) terminal.Branch { return rows[i].branch(now) })
}

// trees returns the branches of some images, each below that of its parent, and the number of the image of each line. A parent is the number
// of an image, or -1.
func trees(images int, parentOf func(i int) int, branchOf func(i int) terminal.Branch) (roots []terminal.Branch, order []int) {
	below := map[int][]int{}
	for i := range images {
		below[parentOf(i)] = append(below[parentOf(i)], i)
	}
	var grow func(parent int) []terminal.Branch
	grow = func(parent int) (grown []terminal.Branch) {
		for _, i := range below[parent] {
			order = append(order, i)
			branch := branchOf(i)
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
	stateOf := func(r row) State {
		if r.isRunning() {
			return isRunning
		}
		return r.state()
	}
	return fmt.Sprintf("%s in %s: %s", terminal.Count(len(rows), "image"), now.Sub(began).Truncate(time.Second), terminal.Tally(rows, stateOf, states, State.inWords))
}
