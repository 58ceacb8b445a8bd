package packages

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// paragraphs returns some fields of each paragraph of a text. A paragraph has lines "name:value" and ends with an empty line; a line that
// begins with a space continues the field before. A field that a paragraph does not have is empty.
func paragraphs(text []byte, fields ...string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		values, isEmpty := make([]string, len(fields)), true
		for line := range bytes.Lines(text) {
			line = bytes.TrimRight(line, "\r\n")
			if len(line) == 0 {
				if !isEmpty && !yield(values) {
					return
				}
				values, isEmpty = make([]string, len(fields)), true
				continue
			}
			isEmpty = false
			name, value, _ := bytes.Cut(line, []byte(":"))
			if i := slices.Index(fields, string(name)); i >= 0 && values[i] == "" {
				values[i] = strings.TrimSpace(string(value))
			}
		}
		if !isEmpty {
			yield(values)
		}
	}
}
