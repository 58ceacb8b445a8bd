package dockerpkg

import (
	"fmt"
	"regexp"
	"strings"
)

// dependency is an image that a control file names.
type dependency struct {
	name string
	// field is Build-Depends or Depends; restriction is a version in brackets, or empty.
	field, restriction string
	line               int
}

var (
	controlField = regexp.MustCompile(`^([^:\s]+)\s*:\s*(.*?)\s*$`)
	// named is one entry of a list of dependencies.
	named = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9+._/-]*)(?:\s*(\([^()]*\)))?$`)
)

// readControl returns what Build-Depends and Depends of all paragraphs name, each once, and the entries that it cannot read.
func readControl(source []byte) (found []dependency, mistakes []*lineError) {
	field, line := "", 0
	seen := map[string]bool{}
	for text := range strings.Lines(string(source)) {
		line++
		text = strings.TrimRight(text, "\r\n")
		value := text
		switch {
		case strings.HasPrefix(text, "#"):
			continue
		case strings.TrimSpace(text) == "":
			field = ""
			continue
		case text[0] != ' ' && text[0] != '\t':
			m := controlField.FindStringSubmatch(text)
			if m == nil {
				mistakes = append(mistakes, &lineError{line, "a line of a control file is `Field: value`, or begins with a blank"})
				field = ""
				continue
			}
			field, value = m[1], m[2]
		}
		if !strings.EqualFold(field, "Depends") && !strings.EqualFold(field, "Build-Depends") {
			continue
		}
		for entry := range strings.SplitSeq(value, ",") {
			entry = strings.TrimSpace(entry)
			m := named.FindStringSubmatch(entry)
			switch {
			case entry == "":
			case m == nil:
				mistakes = append(mistakes, &lineError{line, fmt.Sprintf("%s names %q, which is no name of an image", field, entry)})
			case !seen[m[1]]:
				seen[m[1]] = true
				found = append(found, dependency{m[1], field, m[2], line})
			}
		}
	}
	return found, mistakes
}
