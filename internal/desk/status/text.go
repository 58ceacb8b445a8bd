package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// states are all states, in the order of the summary.
var states = []State{Released, Tested, Untested, Failed, Missing, Unknown}

// inWords is the state as people read it.
func (s State) inWords() string {
	switch s {
	case Tested:
		return "built and tested"
	case Untested:
		return "to be tested"
	case Missing:
		return "to be built"
	default:
		return string(s)
	}
}

// Text returns a table with a line for each image, and a summary.
func (r Report) Text() string {
	return r.table() + r.summary()
}

func (r Report) table() string {
	if len(r.Images) == 0 {
		return ""
	}
	rows := [][]string{{"IMAGE", "STATE", "TAG", "DIGEST", "AGE", "SIZE", "REASON"}}
	for _, i := range r.Images {
		cells := []string{i.Name, i.State.inWords(), i.Tag, short(i.Digest), i.age(), i.size(), cmp.Or(i.Note, i.Reason)}
		for c := range cells {
			cells[c] = cmp.Or(cells[c], "-")
		}
		rows = append(rows, cells)
	}
	return terminal.Table(rows)
}

// summary counts the images in each state.
func (r Report) summary() string {
	text := cmp.Or(terminal.Tally(r.Images, func(i Image) State { return i.State }, states, State.inWords), "No images") + ".\n"
	if r.NotKnown != "" {
		text += r.NotKnown + "\n"
	}
	return text
}

func (r Report) count(state State) (n int) {
	for _, i := range r.Images {
		if i.State == state {
			n++
		}
	}
	return n
}

// Bad is the report of only the images that failed and those without an answer.
func (r Report) Bad() Report {
	isFine := func(i Image) bool { return i.State != Failed && i.State != Unknown }
	return Report{Images: slices.DeleteFunc(slices.Clone(r.Images), isFine)}
}

// Brief is Text without a summary.
func (r Report) Brief() string { return r.table() }

// Details returns all that is known of each image, and the summary.
func (r Report) Details() string {
	var b strings.Builder
	for _, i := range r.Images {
		fmt.Fprintf(&b, "%s: %s\n  %s\n", i.Name, i.State.inWords(), i.Reference)
		if i.Digest != "" {
			fmt.Fprintf(&b, "  %s, %s\n", i.Digest, i.size())
		}
		if !i.Built.IsZero() {
			fmt.Fprintf(&b, "  built %s, %s ago\n", i.Built.Format(time.RFC3339), i.age())
		}
		for _, text := range []string{i.Reason, i.Note} {
			if text != "" {
				fmt.Fprintf(&b, "  %s\n", text)
			}
		}
	}
	return b.String() + r.summary()
}

// shortDigest is how many digits of a digest the table has, as many as a person compares.
const shortDigest = 12

func short(digest string) string {
	digits := strings.TrimPrefix(digest, "sha256:")
	return digits[:min(len(digits), shortDigest)]
}

func (i Image) age() string {
	age := time.Duration(i.Age) * time.Second
	switch {
	case i.Built.IsZero():
		return ""
	case age < time.Hour:
		return fmt.Sprintf("%dm", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%dh", int(age.Hours()))
	default:
		return fmt.Sprintf("%dd", int(age.Hours()/24))
	}
}

func (i Image) size() string {
	if i.Digest == "" {
		return ""
	}
	return fmt.Sprintf("%.1f MB", float64(i.Size)/1e6)
}
