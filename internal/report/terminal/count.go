package terminal

import (
	"fmt"
	"strings"
)

// Count is a number of things with their name, "1 image" or "2 images".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Tally counts things of each kind: "2 built, 1 failed". It leaves out kinds without things.
func Tally[T any, K comparable](things []T, kindOf func(T) K, kinds []K, name func(K) string) string {
	counts := map[K]int{}
	for _, thing := range things {
		counts[kindOf(thing)]++
	}
	var parts []string
	for _, kind := range kinds {
		if n := counts[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name(kind)))
		}
	}
	return strings.Join(parts, ", ")
}
