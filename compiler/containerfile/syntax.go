package containerfile

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

const firstFrom = "begin with `FROM` and the image to build from"

var (
	// linePrefix is how the parser begins a sentence; the line is kept as a number.
	linePrefix         = pattern.Lazy(`^dockerfile parse error on line \d+: `)
	unknownInstruction = pattern.Lazy(`^unknown instruction: (\S+)`)
	hereDocument       = pattern.Lazy(`<<-?["']?([A-Za-z_][A-Za-z0-9_]*)`)
)

// syntaxError keeps the first line of the parser's message; the rest repeats the source. The parser has only texts for these mistakes.
// TestMistakesOfTheParserHaveWordsOfOurOwn fails if an upgrade changes them.
func syntaxError(source []byte, err error) error {
	message, _, _ := strings.Cut(err.Error(), "\n")
	out := &Error{Message: linePrefix().ReplaceAllString(message, "")}
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		out.Line = located.Locations[0][0].Start.Line
	}
	switch unknown := unknownInstruction().FindStringSubmatch(out.Message); {
	case unknown != nil:
		similar := diagnostic.DidYouMean(strings.ToUpper(unknown[1]), instructionNames())
		out.Message = "unknown instruction " + diagnostic.Quote(unknown[1]) + similar
		if similar == "" {
			out.Hint = "end the line above with a backslash if this one continues it"
		}
	case strings.HasPrefix(out.Message, "no build stage"):
		out.Message, out.Hint = "an instruction is before the first FROM", firstFrom
	case strings.HasPrefix(out.Message, "file with no instructions"):
		out.Message, out.Hint, out.Line = "it is empty but for comments", firstFrom, 0
	case strings.HasPrefix(out.Message, "dockerfile line greater"):
		out.Message = "a line has more than 65535 bytes"
		out.Line++ // the parser names the line before
	case out.Message == "unterminated heredoc":
		out.Message = "a here-document does not end"
		if name := hereDocument().FindSubmatch(lineOf(source, out.Line)); name != nil {
			out.Hint = "add a line with `" + string(name[1]) + "` alone behind it"
		}
	}
	return out
}

func instructionNames() []string {
	var names []string
	for name := range command.Commands {
		names = append(names, strings.ToUpper(name))
	}
	slices.Sort(names)
	return names
}

// lineOf returns a line, counted from one.
func lineOf(source []byte, number int) []byte {
	lines := bytes.Split(source, []byte("\n"))
	if number < 1 || number > len(lines) {
		return nil
	}
	return lines[number-1]
}
