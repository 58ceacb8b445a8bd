package jobenv

import (
	"regexp"
	"sync"
)

// Lazy returns a pattern that is compiled when it is first used: a job starts often, and uses few of them.
func Lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// MaxTag limits the length of a tag.
const MaxTag = 128

// A pattern that counts takes longer to compile than the rest of the program to start, and every job reads a tag.
var tagPattern = Lazy(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// IsTag reports whether a text is a tag.
func IsTag(text string) bool { return len(text) <= MaxTag && tagPattern().MatchString(text) }

// maxName limits the length of the name of a ref, a variable or an input.
const maxName = 255

// IsName reports whether a text is a valid name.
func IsName(shape func() *regexp.Regexp, text string) bool {
	return len(text) <= maxName && shape().MatchString(text)
}
