package terminal

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// escapes matches the codes that control a terminal: colours and cursors, titles and links, and others of two characters.
var escapes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\a\x1b]*(\a|\x1b\\)?|[ -/]*[0-~])`)
})

// longestEnd is how much of the end of a text is looked at, in bytes.
const longestEnd = 64 << 10

// KeepEnd appends to the end of an output, and drops the beginning of a long one. The result is enough for a few of the LastLines.
func KeepEnd(end, more []byte) []byte {
	end = append(end, more[max(0, len(more)-mostKept):]...)
	return slices.Delete(end, 0, max(0, len(end)-mostKept))
}

// mostKept is the length of the end that KeepEnd keeps, in bytes.
const mostKept = 4 << 10

// LastLines returns at most so many of the last lines of a text that a program printed, without colours and empty lines. Of a line that was
// drawn several times, such as a progress bar, it returns the last state.
func LastLines(text string, most int) []string {
	var lines []string
	for rest := text[max(0, len(text)-longestEnd):]; rest != "" && len(lines) < most; {
		start := strings.LastIndexByte(strings.TrimSuffix(rest, "\n"), '\n') + 1
		if line := shown(rest[start:]); line != "" {
			lines = append([]string{line}, lines...)
		}
		rest = rest[:start]
	}
	return lines
}

// shown is a line as a terminal shows it.
func shown(line string) string {
	line = strings.TrimRight(Plain(line), "\r\n\t ")
	return Line(line[strings.LastIndexByte(line, '\r')+1:])
}

// Plain is a text without the codes that control a terminal.
func Plain(text string) string { return escapes().ReplaceAllString(text, "") }
