package why

import (
	"strings"
	"unicode"
)

// printable replaces what is not to be seen on a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
