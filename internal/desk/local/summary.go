package local

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Summary returns the number of images in each state and, for images that failed or were skipped, the reason and the log.
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
	bad := slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return !r.IsBad() })
	slices.SortStableFunc(bad, func(a, b Result) int { return strings.Compare(a.Image, b.Image) })
	for _, r := range bad {
		b.WriteString(r.detail())
	}
	return b.String()
}

// detail tells why an image failed or was skipped.
func (r Result) detail() string {
	switch r.State {
	case HasFailed:
		text := fmt.Sprintf("failed     %s: %s\n", r.Image, terminal.Text(r.Error))
		if r.Log != "" {
			text += "           " + r.Log + "\n"
		}
		return text
	case WasSkipped:
		return fmt.Sprintf("skipped    %s, since %s failed\n", r.Image, r.Because)
	default:
		return fmt.Sprintf("cancelled  %s\n", r.Image)
	}
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
