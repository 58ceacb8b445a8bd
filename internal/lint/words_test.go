package lint

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// habits are the ways of speaking that docs/style.md names first, which no reader expects.
var habits = regexp.MustCompile(`(?i)\b(stands?|stood)\b|\b(of|by|from|with|than|in|under) what\b`)

// At most habitsAllowed in habitsPerWords words, for the examples of messages that pages show.
const (
	habitsAllowed  = 3
	habitsPerWords = 10_000
)

func TestPagesAreInPlainEnglish(t *testing.T) {
	t.Parallel()
	const top = "../.."
	output, err := exec.CommandContext(t.Context(), "git", "-C", top, "ls-files", "-z", "--", "*.md").Output()
	if err != nil {
		t.Fatal(err)
	}
	words, found := 0, 0
	var places bytes.Buffer
	for page := range strings.SplitSeq(strings.TrimRight(string(output), "\x00"), "\x00") {
		if page == "docs/style.md" { // it quotes them
			continue
		}
		text := read(t, filepath.Join(top, page))
		words += len(strings.Fields(text))
		for _, match := range habits.FindAllString(text, -1) {
			found++
			places.WriteString(page + ": " + match + "\n")
		}
	}
	if words == 0 {
		t.Fatal("no page was read")
	}
	if found*habitsPerWords > habitsAllowed*words {
		t.Errorf("got %d habits in %d words, want at most %d in %d:\n%s", found, words, habitsAllowed, habitsPerWords, places.String())
	}
}
