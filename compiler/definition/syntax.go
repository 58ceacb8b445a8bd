package definition

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// reportSyntax reports a syntax error in plain words. The YAML library reports it where it could not go on, which is often far below the
// mistake; the scan of the lines finds the common mistakes where they are.
func reportSyntax(file string, source []byte, err error, found *diagnostic.List) {
	at := diagnostic.Span{File: file, Line: 1, Column: 1}
	var syntax *yaml.LoadError
	message := ""
	if errors.As(err, &syntax) {
		message = syntax.Message
		if syntax.Mark.Line > 0 {
			at.Line, at.Column = syntax.Mark.Line, max(syntax.Mark.Column, 1)
		}
	}
	s := scan(string(source))
	stopped := at.Line
	if strings.Contains(message, "single document") {
		stopped = len(s.lines) // the place is that of the first document
	}
	if m, ok := s.firstMistake(stopped); ok {
		m.report(file, found)
		return
	}
	if m, ok := s.indentedTooFar(message, at.Line, at.Column); ok {
		m.report(file, found)
		return
	}
	for _, known := range syntaxMessages {
		if strings.Contains(message, known.part) {
			found.Errorf(diagnostic.Syntax, at, "%s", known.message).WithHint("%s", cmp.Or(s.aliasHint(message, at), known.hint))
			return
		}
	}
	found.Errorf(diagnostic.Syntax, at, "this is not YAML").WithHint("look for a missing quote, bracket or colon here and in the line above")
}

var aliasText = pattern.Lazy(`\*[^\s,\]}]*`)

// aliasHint is the hint for an alias without an anchor, which may be a pattern without quotes.
func (s *scanner) aliasHint(message string, at diagnostic.Span) string {
	if !strings.Contains(message, "unknown anchor") || at.Line > len(s.lines) {
		return ""
	}
	alias := aliasText().FindString(s.lines[at.Line-1])
	if strings.ContainsAny(alias, "./") {
		return fmt.Sprintf("write a text that begins with '*' in quotes: `%q`", alias)
	}
	return fmt.Sprintf("write `&%s` before the value that it names", strings.TrimPrefix(alias, "*"))
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
	{"unknown anchor", "no anchor is defined above for this alias", "write `&name` before the value that it names"},
	{"escape", "this escape is not known in double quotes", "use single quotes, or write \\\\ for a backslash"},
	{"single document", "a definition is one YAML document", "remove the line `---`"},
	{"depth", "values are nested too deep here", "write fewer nested values"},
	{"control characters", "control characters are not allowed", "remove them"},
	{"cannot start any token", "a value cannot begin with this character", "put the value in quotes"},
}
