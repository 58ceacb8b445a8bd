package local

import (
	"fmt"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Summary returns the number of images in each state, and what Progress has not shown yet.
func Summary(results []Result, took time.Duration) string {
	var parts []string
	for _, state := range []State{WasPushed, WasBuilt, WasTested, IsPublished, IsHere, HasFailed, WasSkipped, WasCancelled} {
		if n := count(results, state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state.inWords()))
		}
	}
	if parts == nil {
		parts = []string{"No images"}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s.\n", strings.Join(parts, ", "), shortly(took))
	for _, r := range results {
		if r.Note != "" {
			fmt.Fprintf(&b, "%-10s %s\n", r.Image, terminal.Text(r.Note))
		}
	}
	for _, r := range results {
		if r.IsBad() && !r.isShown {
			b.WriteString(r.text())
		}
	}
	return b.String()
}

// inWords is the state in the words of the summary.
func (s State) inWords() string {
	if s == IsHere {
		return "on this machine"
	}
	return string(s)
}

func count(results []Result, state State) int {
	n := 0
	for _, r := range results {
		if r.State == state {
			n++
		}
	}
	return n
}
