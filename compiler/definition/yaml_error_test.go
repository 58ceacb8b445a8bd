package definition

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

func TestMistakesOfYAMLHaveWordsOfOurOwn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ source, want string }{
		"a tab at the beginning": {"a:\n\tb: 1\n", "2:1: a tab is used where YAML requires spaces; indent with spaces"},
		"a tab in a list":        {"a:\n -\tb: 1\n \tc: 2\n", "2:3: a tab is used where YAML requires spaces; indent with spaces"},
		"two colons":             {"a: b: c\n", "1:5: this line has a second ':'; put a value that holds ': ' in quotes"},
		"an open list":           {"a: [b\nc: d\n", "1:4: a list that begins with '[' does not end; add the missing ']'"},
		"an open map":            {"a: {b: c\nd: e\n", "1:4: a map that begins with '{' does not end; add the missing '}'"},
		"no colon":               {"a: 1\nb\nc: 2\n", "2:1: this line has no ':'; write `b:`"},
		"an open quote":          {"a: 1\nb: \"c\n", "2:4: a quoted text does not end; add the closing quote, \""},
		"a key too far left":     {"a:\n    b: 1\n  c: 2\n", "3:3: the indentation of this line is that of no line above; indent it like the key above that is beside it; the indentation of line 2 has 4 spaces"},
		"an item too far left":   {"a:\n  - b\n  c: 2\n", "3:3: an item of a list was expected here; check the indentation of this line"},
		"no anchor":              {"a: *b\n", "1:4: no anchor is defined above for this alias; write `&b` before the value that it names"},
		"an escape":              {"a: \"\\d\"\n", "1:5: this escape is not known in double quotes; use single quotes, or write \\\\ for a backslash"},
		"two documents":          {"a: 1\n---\nb: 2\n", "2:1: a definition is one YAML document; remove the line `---`, and join the documents"},
		"deep":                   {"a: " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "\n", "1:10004: values are nested too deep here; write fewer nested values"},
		"a control character":    {"a: b\x01\n", "1:1: control characters are not allowed; remove them"},
		"a character of YAML":    {"a: @b\n", "1:4: a value cannot begin with this character; put the value in quotes"},
		"something else":         {"%YAML 9.9\n---\na: 1\n", "1:1: this is not YAML; look for a missing quote, bracket or colon here and in the line above"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			parseYAML(YAMLFile, []byte(test.source), &found)
			var got []string
			for _, finding := range found {
				got = append(got, strings.TrimPrefix(finding.Span.String(), YAMLFile+":")+": "+finding.Message+"; "+finding.Hint)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
