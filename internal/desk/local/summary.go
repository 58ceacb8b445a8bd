package local

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Summary returns the number of images in each state, and what Progress has not shown yet.
func Summary(results []Result, took time.Duration) string {
	counts := terminal.Tally(results, func(r Result) State { return r.State }, states, State.inWords)
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s.\n", cmp.Or(counts, "No images"), shortly(took))
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
