package buildah

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// fromLine is a FROM line of a Containerfile.
type fromLine struct {
	// written is its image, and start and end are its place in the source; image is its value once the arguments are filled
	// in.
	written    string
	start, end int
	image      string
	// stage is the name of the stage that it begins; it may be empty.
	stage string
}

// fromLines returns the FROM lines of a Containerfile. It returns none if the Containerfile cannot be read: the builder reports that.
func fromLines(source string, args map[string]string) []fromLine {
	syntax, err := parser.Parse(strings.NewReader(source))
	if err != nil {
		return nil
	}
	words := words{shell.NewLex(syntax.EscapeToken), map[string]string{}}
	maps.Copy(words.values, args)
	var lines []fromLine
	for _, node := range syntax.AST.Children {
		switch {
		case node.Next == nil:
		case strings.EqualFold(node.Value, "ARG") && lines == nil:
			words.declare(node.Next)
		case strings.EqualFold(node.Value, "FROM"):
			line := fromLine{written: node.Next.Value, image: words.expand(node.Next.Value)}
			line.start, line.end = find(source, node)
			if as := node.Next.Next; as != nil && as.Next != nil {
				line.stage = as.Next.Value
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// words fills in the arguments of a build, and the defaults of those that it does not give. An empty argument counts as missing.
type words struct {
	lex    *shell.Lex
	values map[string]string
}

// Get implements shell.EnvGetter.
func (w words) Get(name string) (string, bool) { return w.values[name], w.values[name] != "" }

// Keys implements shell.EnvGetter.
func (w words) Keys() []string { return slices.Sorted(maps.Keys(w.values)) }

// declare takes the defaults of an ARG line.
func (w words) declare(arg *parser.Node) {
	for ; arg != nil; arg = arg.Next {
		if name, value, hasDefault := strings.Cut(arg.Value, "="); hasDefault && w.values[name] == "" {
			w.values[name] = w.expand(value)
		}
	}
}

// expand fills in a word. A word that cannot be read stays as it is.
func (w words) expand(word string) string {
	if out, _, err := w.lex.ProcessWord(word, w); err == nil {
		return out
	}
	return word
}

var word = pattern.Lazy(`\S+`)

// find returns the place of a FROM line's image in the source; both are zero if the word spans several lines.
func find(source string, from *parser.Node) (start, end int) {
	offset, number := 0, 0
	for line := range strings.Lines(source) {
		number++
		if number >= from.StartLine && number <= from.EndLine && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			for n, at := range word().FindAllStringIndex(line, -1) {
				isInstruction := number == from.StartLine && n == 0
				if !isInstruction && line[at[0]:at[1]] == from.Next.Value {
					return offset + at[0], offset + at[1]
				}
			}
		}
		offset += len(line)
	}
	return 0, 0
}

// asWritten adds to the contexts of a build the names of the FROM lines that are made of arguments, as they are written:
// buildah up to 1.28 at least looks for a context before it fills in the arguments, and would pull the image by its tag.
func asWritten(source string, args, contexts map[string]string) map[string]string {
	all := maps.Clone(contexts)
	for _, line := range fromLines(source, args) {
		if pinned, ok := contexts[line.image]; ok {
			all[line.written] = pinned
		}
	}
	return all
}

// withStages removes the contexts that have the name of a stage, such as in `FROM rust AS rust`: `COPY --from=rust` would mean the context.
// FROM lines above the stage mean the image, so they name it in the source that withStages returns.
func withStages(source string, args, contexts map[string]string) (string, map[string]string) {
	lines, left := fromLines(source, args), maps.Clone(contexts)
	for _, line := range lines {
		maps.DeleteFunc(left, func(name, _ string) bool { return strings.EqualFold(name, line.stage) })
	}
	var out strings.Builder
	written, stages := 0, map[string]bool{}
	for _, line := range lines {
		pinned, isContext := contexts[line.image]
		if _, stays := left[line.image]; isContext && !stays && line.end > written && !stages[strings.ToLower(line.image)] {
			out.WriteString(source[written:line.start] + pinned)
			written = line.end
		}
		stages[strings.ToLower(line.stage)] = true
	}
	out.WriteString(source[written:])
	return out.String(), left
}
