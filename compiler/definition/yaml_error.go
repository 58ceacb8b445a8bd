package definition

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// reportSyntax reports a syntax error of the YAML library in plain words.
func reportSyntax(file string, source []byte, err error, found *diagnostic.List) {
	at := diagnostic.Span{File: file, Line: 1, Column: 1}
	var syntax *yaml.LoadError
	message := "this is not YAML"
	if errors.As(err, &syntax) {
		message = syntax.Message
		mark := syntax.Mark
		if strings.Contains(message, "unexpected end of stream") && syntax.ContextMark.Line > 0 {
			mark = syntax.ContextMark // the quote that is not closed
		}
		if mark.Line > 0 {
			at.Line, at.Column = mark.Line, max(mark.Column, 1)
		}
	}
	if beginsWithTab(source, at.Line) {
		found.Errorf(diagnostic.Syntax, at, "a tab is used where YAML requires spaces").WithHint("indent with spaces")
		return
	}
	for _, known := range syntaxMessages {
		if strings.Contains(message, known.part) {
			found.Errorf(diagnostic.Syntax, at, "%s", known.message).WithHint("%s", known.hint)
			return
		}
	}
	found.Errorf(diagnostic.Syntax, at, "this is not YAML").WithHint("look for a missing quote, bracket or colon here and in the line above")
}

func beginsWithTab(source []byte, line int) bool {
	lines := strings.SplitN(string(source), "\n", line+1)
	return line-1 < len(lines) && strings.Contains(leadingSpace(lines[line-1]), "\t")
}

func leadingSpace(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// syntaxMessages translates the library's messages, by the first part that matches. The library has no kinds of errors, only texts.
// TestMistakesOfYAMLHaveWordsOfOurOwn fails if an upgrade changes one of them.
var syntaxMessages = []struct{ part, message, hint string }{
	{"tab", "a tab is used where YAML requires spaces", "indent with spaces"},
	{"mapping values are not allowed", "this line has a second ':'", "put a value that holds ': ' in quotes"},
	{"expected ',' or ']'", "a list that begins with '[' does not end", "add the missing ',' or ']'"},
	{"expected ',' or '}'", "a map that begins with '{' does not end", "add the missing ',' or '}'"},
	{"could not find expected ':'", "a key has no ':'", "write `key: value`"},
	{"unexpected end of stream", "a quoted text does not end", "add the closing quote"},
	{"did not find expected key", "a key was expected here", "check the indentation of this line"},
	{"did not find expected '-'", "an item of a list was expected here", "check the indentation of this line"},
	{"unknown anchor", "no anchor of this name is defined above this alias", "write `&name` at the value first"},
	{"escape", "this escape is not known in double quotes", "use single quotes, or write \\\\ for a backslash"},
	{"single document", "a definition is one YAML document", "remove the line `---`"},
	{"depth", "values are nested too deep here", "write fewer nested values"},
	{"control characters", "control characters are not allowed", "remove them"},
	{"cannot start any token", "a value cannot begin with this character", "put the value in quotes"},
}
