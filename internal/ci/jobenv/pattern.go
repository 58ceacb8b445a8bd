package jobenv

import (
	"regexp"
	"sync"
)

// Lazy returns a pattern that is compiled when it is first used: a job starts often, and uses few of them.
func Lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// maxName limits the length of the name of a ref, a variable or an input.
const maxName = 255

// IsName reports whether a text is a valid name.
func IsName(shape func() *regexp.Regexp, text string) bool {
	return len(text) <= maxName && shape().MatchString(text)
}
