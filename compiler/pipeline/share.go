package pipeline

import (
	"fmt"

	"gitlab.com/stemma-ci/stemma/schema"
)

// maxValue is how many bytes one variable holds. Linux passes at most 128 KiB to a program as NAME=value (MAX_ARG_STRLEN in
// include/uapi/linux/binfmts.h); the rest is room for the name.
const maxValue = 127 << 10

// shares splits a list into parts that each fit into one variable, with one byte between two entries, and that have at most some number
// of entries. An entry that is too long by itself is a part.
func shares[T any](all []T, size func(T) int, most int) [][]T {
	var out [][]T
	first, bytes := 0, 0
	for i, entry := range all {
		added := size(entry) + 1
		if i > first && (bytes+added > maxValue || i-first == most) {
			out = append(out, all[first:i])
			first, bytes = i, 0
		}
		bytes += added
	}
	if first < len(all) {
		out = append(out, all[first:])
	}
	return out
}

// jsonSize is the length of a value in a JSON array.
func jsonSize[T any](value T) int { return len(schema.JSON(value)) }

// shareName is the name of one of several jobs that share a list.
func shareName(name string, index, total int) string {
	if total == 1 {
		return name
	}
	return fmt.Sprintf("%s %d/%d", name, index+1, total)
}
