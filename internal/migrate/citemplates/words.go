package citemplates

import (
	"fmt"
	"strings"
)

// words splits a list of packages as a shell does, by white space and with quotes: 'pkgconfig(egl)' is one.
func words(text string) ([]string, error) {
	var out []string
	var word strings.Builder
	isWord, quote := false, rune(0)
	for _, r := range text + "\n" {
		switch {
		case r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, isWord = r, true
		case !strings.ContainsRune(" \t\r\n", r):
			word.WriteRune(r)
			isWord = true
		case isWord:
			out = append(out, word.String())
			word.Reset()
			isWord = false
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c does not end", quote)
	}
	return out, nil
}
