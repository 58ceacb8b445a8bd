package build

import (
	"os"
	"regexp"
	"strings"
)

var instruction = regexp.MustCompile(`(?im)^[ \t]*(ARG|FROM)[ \t]+((?:--\S+[ \t]+)*)(\S+)`)

// asWritten adds to the contexts of a build the names of the FROM lines that are made of arguments, as they are written:
// buildah up to 1.28 at least looks for a context before it fills in the arguments, and would pull the image by its tag.
func asWritten(source string, args, contexts map[string]string) map[string]string {
	values, all := map[string]string{}, map[string]string{}
	for name, pinned := range contexts {
		all[name] = pinned
	}
	hasStage := false
	for _, match := range instruction.FindAllStringSubmatch(source, -1) {
		word := match[3]
		if strings.EqualFold(match[1], "ARG") {
			if name, value, hasDefault := strings.Cut(word, "="); hasDefault && !hasStage {
				values[name] = fill(strings.Trim(value, `"'`), values, args)
			}
			continue
		}
		hasStage = true
		if pinned, ok := contexts[fill(word, values, args)]; ok {
			all[word] = pinned
		}
	}
	return all
}

// fill puts the values of arguments into a word: those of the build, or else the defaults.
func fill(word string, defaults, args map[string]string) string {
	return os.Expand(word, func(name string) string {
		name, otherwise, _ := strings.Cut(name, ":-")
		for _, values := range []map[string]string{args, defaults} {
			if value := values[name]; value != "" {
				return value
			}
		}
		return otherwise
	})
}
