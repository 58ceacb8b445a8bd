package rootfs

import (
	"path"
	"slices"
	"strings"
)

// patterns are paths whose segments may be "*".
type patterns struct {
	list []string
	// byFirst are the segments of the patterns, by the first one, so that the many paths that match none cost little.
	byFirst map[string][][]string
}

func newPatterns(list []string) patterns {
	p := patterns{list: list, byFirst: map[string][][]string{}}
	for _, pattern := range list {
		segments := split(pattern)
		p.byFirst[segments[0]] = append(p.byFirst[segments[0]], segments)
	}
	return p
}

// split returns the segments of a path or pattern.
func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// match reports whether a path is a wanted file or a folder above one. If it is below a wanted path, match returns the wanted one.
func (p patterns) match(name string) (relevant string, isFile bool) {
	head, _, _ := strings.Cut(name, "/")
	candidates := p.byFirst[head]
	if len(candidates) == 0 {
		return "", false
	}
	segments := split(name)
	for _, pattern := range candidates {
		n := min(len(pattern), len(segments))
		if !matches(pattern[:n], segments[:n]) {
			continue
		}
		if at := path.Join(segments[:n]...); len(at) >= len(relevant) {
			relevant = at
		}
		isFile = isFile || len(pattern) == len(segments)
	}
	return relevant, isFile
}

func matches(pattern, segments []string) bool {
	return slices.EqualFunc(pattern, segments, func(p, s string) bool { return p == "*" || p == s })
}
