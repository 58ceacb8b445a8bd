// Package glob matches paths with the patterns of `rules:changes` and `rules:exists`. GitLab gives them to Ruby's File.fnmatch
// with the flags FNM_PATHNAME, FNM_DOTMATCH and FNM_EXTGLOB (https://docs.ruby-lang.org/en/3.3/File.html#method-c-fnmatch):
// `**/` matches folders at any depth, and a `**` that no slash follows is a `*`.
package glob

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxAlternatives is how many patterns the braces of one pattern may make. A pattern with more matches nothing.
const maxAlternatives = 10_000

// Pattern is a pattern that was read.
type Pattern struct{ alternatives []string }

// Parse reads a pattern. Every text is one.
func Parse(text string) Pattern {
	var p Pattern
	if !p.expand(text) {
		return Pattern{}
	}
	return p
}

// Match reports whether the pattern matches a whole path.
func (p Pattern) Match(path string) bool {
	return slices.ContainsFunc(p.alternatives, func(alternative string) bool { return match(alternative, path) })
}

// AnyMatch reports whether one of the patterns matches one of the paths.
func AnyMatch(patterns, paths []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return slices.ContainsFunc(paths, Parse(pattern).Match) })
}

// expand replaces braces by the alternatives in them, and adds the resulting patterns. It reports whether these are few enough. A pattern
// with unbalanced braces adds none.
func (p *Pattern) expand(text string) bool {
	open, end := braces(text)
	switch {
	case open < 0 && end < 0:
		p.alternatives = append(p.alternatives, text)
		return len(p.alternatives) <= maxAlternatives
	case open < 0 || end < 0:
		return true
	}
	for at := open; at < end; {
		start := at + 1
		at = comma(text, start, end)
		if !p.expand(text[:open] + text[start:at] + text[end+1:]) {
			return false
		}
	}
	return true
}

// braces are the places of the first outer braces, or -1.
func braces(text string) (open, end int) {
	open, depth := -1, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			if depth == 0 {
				open = i
			}
			depth++
		case '}':
			if open >= 0 {
				if depth--; depth == 0 {
					return open, i
				}
			}
		case '\\':
			i++
		}
	}
	return open, -1
}

// comma is the place of the next comma that is not within braces, or the end.
func comma(text string, start, end int) int {
	depth := 0
	for i := start; i < end; i++ {
		switch text[i] {
		case ',':
			if depth == 0 {
				return i
			}
		case '{':
			depth++
		case '}':
			depth--
		case '\\':
			i++
		}
	}
	return end
}

// match compares folder by folder. After `**/` it tries again from the next folder of the path.
func match(pattern, path string) bool {
	retryPattern, retryPath, canRetry := "", "", false
	for {
		for len(pattern) >= 3 && pattern[:3] == "**/" {
			pattern = pattern[3:]
			retryPattern, retryPath, canRetry = pattern, path, true
		}
		restPattern, restPath, isMatch := matchName(pattern, path)
		if isMatch {
			restPath = fromSlash(restPath)
			if restPattern != "" && restPath != "" {
				pattern, path = restPattern[1:], restPath[1:]
				continue
			}
			if restPattern == "" && restPath == "" {
				return true
			}
		}
		if !canRetry {
			return false
		}
		retryPath = fromSlash(retryPath)
		if retryPath == "" {
			return false
		}
		retryPath = retryPath[1:]
		pattern, path = retryPattern, retryPath
	}
}

// fromSlash is the rest of a path from the next slash.
func fromSlash(path string) string {
	for i := range len(path) {
		if path[i] == '/' {
			return path[i:]
		}
	}
	return ""
}

// matchName matches one name of the path, and returns what follows it in the pattern and in the path.
func matchName(pattern, path string) (restPattern, restPath string, isMatch bool) {
	starPattern, starPath, hasStar := "", "", false
	for {
		next, rest, outcome := step(pattern, path)
		switch outcome {
		case star:
			if isEnd(unescape(next)) {
				return unescape(next), path, true
			}
			if isEnd(path) {
				return pattern, path, false
			}
			pattern, starPattern, starPath, hasStar = next, next, path, true
		case same:
			pattern, path = next, rest
		case done:
			return next, path, true
		case over:
			return pattern, path, false
		case different:
			if !hasStar {
				return pattern, path, false
			}
			starPath = starPath[width(starPath):]
			pattern, path = starPattern, starPath
		}
	}
}

// outcome is the result of comparing the beginnings of a pattern and a path.
type outcome uint8

const (
	same outcome = iota
	different
	// star is a `*`, done the end of both, and over the end of the path alone.
	star
	done
	over
)

func step(pattern, path string) (nextPattern, nextPath string, result outcome) {
	if pattern != "" {
		switch pattern[0] {
		case '*':
			return strings.TrimLeft(pattern, "*"), path, star
		case '?':
			if isEnd(path) {
				return pattern, path, over
			}
			return pattern[1:], path[width(path):], same
		case '[':
			if isEnd(path) {
				return pattern, path, over
			}
			if rest, ok := class(pattern[1:], path); ok {
				return rest, path[width(path):], same
			}
			return pattern, path, different
		}
	}
	pattern = unescape(pattern)
	switch {
	case isEnd(path) && isEnd(pattern):
		return pattern, path, done
	case isEnd(path):
		return pattern, path, over
	case isEnd(pattern):
		return pattern, path, different
	}
	n := width(pattern)
	if len(path) < n || pattern[:n] != path[:n] {
		return pattern, path, different
	}
	return pattern[n:], path[n:], same
}

func isEnd(s string) bool { return s == "" || s[0] == '/' }

func unescape(s string) string {
	if s != "" && s[0] == '\\' {
		return s[1:]
	}
	return s
}

// width is how many bytes the first character has.
func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
