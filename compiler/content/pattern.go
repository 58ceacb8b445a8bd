package content

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of a pattern: each alternative, and each **, is another walk through the folders.
const (
	maxAlternatives = 1000
	maxAnyDepth     = 8
)

// ErrPattern says that a pattern would take too long to match.
var ErrPattern = errors.New("the pattern is too complex")

// CheckPattern returns ErrPattern where a pattern has too many alternatives in braces or too many **.
func CheckPattern(pattern string) error {
	if alternatives(pattern) > maxAlternatives {
		return fmt.Errorf("%w: its braces make more than %d alternatives", ErrPattern, maxAlternatives)
	}
	if strings.Count(pattern, "**") > maxAnyDepth {
		return fmt.Errorf("%w: it has ** more than %d times", ErrPattern, maxAnyDepth)
	}
	return nil
}

// group is a pair of braces that is open: the alternatives that ended in it, and those of the one that goes on.
type group struct{ ended, current int }

// alternatives counts the patterns without braces that a pattern expands to, up to one more than are allowed.
func alternatives(pattern string) int {
	open := []group{{current: 1}}
	for i := 0; i < len(pattern); i++ {
		last := &open[len(open)-1]
		switch pattern[i] {
		case '\\':
			i++
		case '{':
			open = append(open, group{current: 1})
		case ',':
			if len(open) > 1 {
				last.ended, last.current = min(last.ended+last.current, maxAlternatives+1), 1
			}
		case '}':
			if len(open) > 1 {
				open = open[:len(open)-1]
				outer := &open[len(open)-1]
				outer.current = min(outer.current*(last.ended+last.current), maxAlternatives+1)
			}
		}
	}
	return open[0].current
}
