package job

import (
	"regexp"
	"sync"
)

// lazy is a pattern that is compiled when it is first used: a job starts often, and uses few of them.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// A pattern that counts takes longer to compile than the rest of the program to start, and every job reads a tag.
var tagPattern = lazy(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// isTag reports whether a text is a tag.
func isTag(text string) bool { return len(text) <= maxTag && tagPattern().MatchString(text) }
