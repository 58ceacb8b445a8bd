package jobenv

import "regexp"

// maxName limits the length of the name of a ref, a variable or an input.
const maxName = 255

// IsName reports whether a text is a valid name.
func IsName(shape func() *regexp.Regexp, text string) bool {
	return len(text) <= maxName && shape().MatchString(text)
}
