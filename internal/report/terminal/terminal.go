// Package terminal makes text safe for terminals, logs and XML. What labels, registries, GitLab and programs say may hold codes that
// control a terminal, that let the log of a job show what did not happen, or that XML cannot hold.
package terminal

import (
	"strings"
	"unicode"
)

// hidden replaces a character that is not shown. It is one column wide, so that carets below an excerpt stay aligned.
const hidden = '·'

// Line is a text on one line: every character that cannot be seen is replaced, a line end and a tab among them.
func Line(text string) string { return strings.Map(visible, text) }

// Text is Line for texts that may have several lines: it leaves line ends and tabs.
func Text(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return visible(r)
	}, text)
}

func visible(r rune) rune {
	if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
		return hidden
	}
	return r
}
