package jobenv

import (
	"fmt"
	"strings"
)

// words splits a text as a shell does, by white space and with quotes, but expands nothing: package names with brackets are
// often quoted, as in 'pkgconfig(egl)'.
func words(text string) ([]string, error) {
	var (
		out    []string
		word   strings.Builder
		inWord bool
		quote  rune
	)
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case strings.ContainsRune(" \t\r\n", r):
			if inWord {
				out = append(out, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c does not end", quote)
	}
	if inWord {
		out = append(out, word.String())
	}
	return out, nil
}
