package glob

import "unicode/utf8"

// class matches a set of characters, behind its `[`, with the first character of a path. It returns what follows the set.
func class(pattern, path string) (rest string, ok bool) {
	isNegated := pattern != "" && (pattern[0] == '!' || pattern[0] == '^')
	if isNegated {
		pattern = pattern[1:]
	}
	wanted, _ := utf8.DecodeRuneInString(path)
	isFound := false
	for pattern != "" {
		if pattern[0] == ']' {
			return pattern[1:], isFound != isNegated
		}
		low, rest := character(pattern)
		if rest == "" {
			return "", false
		}
		high := low
		if rest[0] == '-' && len(rest) > 1 && rest[1] != ']' {
			high, rest = character(rest[1:])
		}
		isFound = isFound || low <= wanted && wanted <= high || wanted == low || wanted == high
		pattern = rest
	}
	return "", false
}

// character is the first character of a pattern, without its backslash.
func character(pattern string) (first rune, rest string) {
	pattern = unescape(pattern)
	first, n := utf8.DecodeRuneInString(pattern)
	return first, pattern[n:]
}
