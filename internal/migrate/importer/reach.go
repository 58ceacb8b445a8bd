package importer

import "slices"

// Reaches reports whether one node of a graph leads to another, or to itself, over one step or more.
func Reaches[N comparable](from, to N, next func(N) []N) bool {
	seen := map[N]bool{}
	queue := slices.Clone(next(from))
	for n := 0; n < len(queue); n++ {
		if queue[n] == to {
			return true
		}
		if !seen[queue[n]] {
			seen[queue[n]] = true
			queue = append(queue, next(queue[n])...)
		}
	}
	return false
}
