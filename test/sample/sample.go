// Package sample keeps go test -short quick: it takes a few cases of a long table. Without -short it takes all of them.
package sample

import (
	"maps"
	"slices"
	"testing"
)

// Step returns the distance between the cases that a test runs: n with -short, and 1 without it.
func Step(n int) int {
	if testing.Short() {
		return n
	}
	return 1
}

// List returns the cases that a test runs. With -short it is each nth of them, starting with the first one.
func List[Case any](cases []Case, n int) []Case {
	var taken []Case
	for i := 0; i < len(cases); i += Step(n) {
		taken = append(taken, cases[i])
	}
	return taken
}

// Of returns the cases of a table that a test runs. With -short it is each nth of them in the order of their names.
func Of[Case any](cases map[string]Case, n int) map[string]Case {
	taken := map[string]Case{}
	for _, name := range List(slices.Sorted(maps.Keys(cases)), n) {
		taken[name] = cases[name]
	}
	return taken
}
