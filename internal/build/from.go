package build

import (
	"maps"
	"os"
	"regexp"
	"strings"
)

var instruction = regexp.MustCompile(`(?im)^[ \t]*(ARG|FROM)[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+AS[ \t]+(\S+))?`)

// fromLine is a FROM line of a Containerfile.
type fromLine struct {
	// start and end are where its image stands in the source; image is what it names once the arguments are filled in.
	start, end int
	image      string
	// stage is the name of the stage that it begins; it may be empty.
	stage string
}

func fromLines(source string, args map[string]string) []fromLine {
	values := map[string]string{}
	var lines []fromLine
	for _, at := range instruction.FindAllStringSubmatchIndex(source, -1) {
		word := source[at[4]:at[5]]
		if strings.EqualFold(source[at[2]:at[3]], "ARG") {
			if name, value, hasDefault := strings.Cut(word, "="); hasDefault && lines == nil {
				values[name] = fill(strings.Trim(value, `"'`), values, args)
			}
			continue
		}
		line := fromLine{start: at[4], end: at[5], image: fill(word, values, args)}
		if at[6] >= 0 {
			line.stage = source[at[6]:at[7]]
		}
		lines = append(lines, line)
	}
	return lines
}

// asWritten adds to the contexts of a build the names of the FROM lines that are made of arguments, as they are written:
// buildah up to 1.28 at least looks for a context before it fills in the arguments, and would pull the image by its tag.
func asWritten(source string, args, contexts map[string]string) map[string]string {
	all := maps.Clone(contexts)
	for _, line := range fromLines(source, args) {
		if pinned, ok := contexts[line.image]; ok {
			all[source[line.start:line.end]] = pinned
		}
	}
	return all
}

// withStages leaves the names of a Containerfile's stages to its stages: a context of the same name would come before the stage, in
// `FROM rust AS rust` and `COPY --from=rust` alike. Lines that mean the image, being above the stage, name it themselves in the source
// that it returns.
func withStages(source string, args, contexts map[string]string) (string, map[string]string) {
	lines, left := fromLines(source, args), maps.Clone(contexts)
	for _, line := range lines {
		maps.DeleteFunc(left, func(name, _ string) bool { return strings.EqualFold(name, line.stage) })
	}
	var out strings.Builder
	written, stages := 0, map[string]bool{}
	for _, line := range lines {
		pinned, isContext := contexts[line.image]
		if _, stays := left[line.image]; isContext && !stays && !stages[strings.ToLower(line.image)] {
			out.WriteString(source[written:line.start] + pinned)
			written = line.end
		}
		stages[strings.ToLower(line.stage)] = true
	}
	out.WriteString(source[written:])
	return out.String(), left
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
