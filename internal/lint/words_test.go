package lint

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// habits are the first two habits of speech in the table of docs/style.md.
var habits = regexp.MustCompile(`(?i)\b(stands?|stood)\b|\b(of|by|from|with|than|in|under) what\b`)

// At most habitsAllowed in habitsPerWords words, for the examples of messages that pages show.
const (
	habitsAllowed  = 3
	habitsPerWords = 10_000
)

func TestPagesAreInPlainEnglish(t *testing.T) {
	t.Parallel()
	words := 0
	var found []string
	for _, page := range pages(t) {
		if page == "docs/style.md" { // it quotes them
			continue
		}
		text := read(t, filepath.Join(top, page))
		words += len(strings.Fields(text))
		for _, match := range habits.FindAllString(text, -1) {
			found = append(found, page+": "+match)
		}
	}
	if len(found)*habitsPerWords > habitsAllowed*words {
		t.Errorf("got %d habits in %d words, want at most %d in %d:\n%s", len(found), words, habitsAllowed, habitsPerWords, strings.Join(found, "\n"))
	}
}
