package cuex

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue"
)

// Patterns returns the regular expressions of all definitions that are text, by name: "Version". A text that one takes matches each of
// its expressions.
func (s *Schema) Patterns() (map[string][]string, error) {
	fields, err := s.deriver.root.Fields(cue.Definitions(true))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	patterns := map[string][]string{}
	for fields.Next() {
		if v := fields.Value(); fields.Selector().IsDefinition() && v.IncompleteKind() == cue.StringKind {
			patterns[strings.TrimPrefix(fields.Selector().String(), "#")] = patternsOf(v)
		}
	}
	return patterns, nil
}
