package definition

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// place is a line and a column, in characters from one.
type place struct{ line, column int }

// syntaxMistake is a mistake that the lines of a file show.
type syntaxMistake struct {
	place
	message, hint string
	// stillOpen is where a bracket or quote that does not end was noticed to be open, or the zero place.
	stillOpen place
}

func (m syntaxMistake) report(file string, found *diagnostic.List) {
	d := found.Errorf(diagnostic.Syntax, diagnostic.Span{File: file, Line: m.line, Column: m.column}, "%s", m.message).WithHint("%s", m.hint)
	if m.stillOpen != (place{}) {
		d.WithNote(diagnostic.Span{File: file, Line: m.stillOpen.line, Column: m.stillOpen.column}, "it is still open here")
	}
}

// scanner reads YAML that cannot be parsed, line by line, for the mistakes that people make.
type scanner struct {
	lines    []string
	mistakes []syntaxMistake
	// open has the brackets, or the quote, that are not closed, and key the indentation of the line where the first of them is.
	open []opening
	key  int
	// block is the indentation of the line with the text block that is being read, or none.
	block int
	// indents has the indentations of the keys around the current line.
	indents []int
}

const none = -1

// opening is a bracket or a quote.
type opening struct {
	place
	character rune
}

var closing = map[rune]rune{'[': ']', '{': '}', '"': '"', '\'': '\''}

func scan(source string) *scanner {
	s := &scanner{lines: strings.Split(strings.TrimPrefix(source, "\ufeff"), "\n"), block: none}
	for i := range s.lines {
		s.lines[i] = strings.TrimSuffix(s.lines[i], "\r")
	}
	for i, line := range s.lines {
		s.line(i+1, line)
	}
	s.reportOpen(place{})
	return s
}

// firstMistake returns the first mistake, unless the parser stopped before it.
func (s *scanner) firstMistake(stopped int) (syntaxMistake, bool) {
	slices.SortStableFunc(s.mistakes, func(a, b syntaxMistake) int { return a.line - b.line })
	if len(s.mistakes) == 0 || s.mistakes[0].line > stopped {
		return syntaxMistake{}, false
	}
	return s.mistakes[0], true
}

var (
	keyLine  = pattern.Lazy(`^(- +)*("[^"]*"|'[^']*'|[^\s"'\[\]{}#&*!|>%@` + "`" + `,-][^#"'{}\[\]]*?)\s*:(\s|$)`)
	bareLine = pattern.Lazy(`^([A-Za-z_][A-Za-z0-9_./-]*)(\s*=\s*|:|\s+|$)([^:]*)$`)
)

func (s *scanner) line(number int, line string) {
	text := strings.TrimLeft(line, " \t")
	indent := len(line) - len(text)
	isBlank := text == "" || strings.HasPrefix(text, "#")
	if s.block != none && (isBlank || indent > s.block) || isBlank && len(s.open) == 0 {
		return
	}
	s.block = none
	switch {
	case line == "---" && len(s.indents) > 0:
		s.add(place{number, 1}, "a definition is one YAML document", "remove the line `---`, and join the documents")
		return
	case strings.HasPrefix(line, "<<<<<<< "):
		s.add(place{number, 1}, "git left a merge conflict here", "remove one side, and the lines that begin with <<<<<<<, ======= and >>>>>>>")
		return
	case len(s.open) > 0 && indent <= s.key && keyLine().MatchString(text):
		s.reportOpen(place{number, indent + 1})
		s.open = nil
	}
	if len(s.open) == 0 {
		s.key = indent
		s.structure(number, indent, line)
	}
	s.characters(number, indent, []rune(line))
}

// add adds a mistake.
func (s *scanner) add(at place, message, hint string) {
	s.mistakes = append(s.mistakes, syntaxMistake{place: at, message: message, hint: hint})
}

// structure looks at the beginning of a line that is in no brackets and quotes.
func (s *scanner) structure(number, indent int, line string) {
	text := strings.TrimRight(line[indent:], " ")
	if tab := strings.IndexByte(line[:indent], '\t'); tab >= 0 {
		s.add(place{number, tab + 1}, "a tab is used where YAML requires spaces", "indent with spaces")
		return
	}
	if key := keyLine().FindString(text); key != "" {
		s.nest(number, indent, len(text)-len(strings.TrimLeft(text, "- ")))
		return
	}
	if bare := bareLine().FindStringSubmatch(text); bare != nil && !s.isContinuation(number, indent) {
		if before, _, ok := strings.Cut(text, "\u00a0"); ok {
			s.add(place{number, indent + utf8.RuneCountInString(before) + 1}, "this is a no-break space, which YAML does not take for a space", "write a space instead")
			return
		}
		message, value := "this line has no ':'", strings.TrimSpace(bare[3])
		if bare[2] == ":" {
			message = "there is no space behind this ':'"
		}
		s.add(place{number, indent + 1}, message, "write `"+strings.TrimSpace(bare[1]+": "+value)+"`")
	}
}

// isContinuation reports whether a line without a ':' may go on with the text of the line above.
func (s *scanner) isContinuation(number, indent int) bool {
	if len(s.indents) == 0 || indent <= s.indents[len(s.indents)-1] {
		return false
	}
	for _, next := range s.lines[number:] {
		if text := strings.TrimLeft(next, " "); text != "" {
			return !keyLine().MatchString(text) || len(next)-len(text) < indent
		}
	}
	return true
}

// nest records the indentation of a key, which is behind the '-' of a list, and reports one that no line above has.
func (s *scanner) nest(number, indent, dash int) {
	for len(s.indents) > 0 && s.indents[len(s.indents)-1] > indent {
		s.indents = s.indents[:len(s.indents)-1]
		if len(s.indents) == 0 || s.indents[len(s.indents)-1] < indent {
			s.add(place{number, indent + 1}, "the indentation of this line is that of no line above",
				fmt.Sprintf("indent it like the key above that is beside it; the indentation of line %d has %d spaces", number-1, s.indentOf(number-1)))
		}
	}
	for _, column := range []int{indent, indent + dash} {
		if len(s.indents) == 0 || s.indents[len(s.indents)-1] < column {
			s.indents = append(s.indents, column)
		}
	}
}

func (s *scanner) indentOf(number int) int {
	line := s.lines[number-1]
	return len(line) - len(strings.TrimLeft(line, " "))
}

// characters follows the quotes and brackets of a line.
func (s *scanner) characters(number, indent int, line []rune) {
	isStart, wasFlow := true, false
	for i := indent; i < len(line); i++ {
		r, at := line[i], place{number, i + 1}
		if quote, ok := s.quote(); ok {
			switch {
			case r == '\\' && quote == '"', r == quote && quote == '\'' && i+1 < len(line) && line[i+1] == quote:
				i++
			case r == quote:
				s.open = s.open[:len(s.open)-1]
			}
			continue
		}
		isLast := i+1 == len(line) || line[i+1] == ' '
		switch {
		case r == '#' && (i == indent || line[i-1] == ' '):
			return
		case r == ' ':
		case isStart && len(s.open) == 0 && (r == '|' || r == '>'):
			s.block = indent
			return
		case isStart && (r == '"' || r == '\'') || (isStart || len(s.open) > 0) && (r == '[' || r == '{'):
			s.open = append(s.open, opening{at, r})
			isStart = r == '[' || r == '{'
			continue
		case r == ']' || r == '}':
			if len(s.open) == 0 && wasFlow {
				s.add(at, fmt.Sprintf("there is a '%c' too many", r), "remove it")
				return
			}
			wasFlow = s.close(r, at) || wasFlow
			isStart = false
			continue
		case r == ',' && len(s.open) > 0, r == ':' && isLast, r == '-' && isLast && isStart:
			isStart = true
			continue
		default:
			isStart = false
		}
	}
}

// quote returns the quote that is not closed.
func (s *scanner) quote() (rune, bool) {
	if len(s.open) == 0 {
		return 0, false
	}
	last := s.open[len(s.open)-1].character
	return last, last == '"' || last == '\''
}

// close closes the last bracket. It reports whether there was one.
func (s *scanner) close(bracket rune, at place) bool {
	if len(s.open) == 0 {
		return false
	}
	if closing[s.open[len(s.open)-1].character] != bracket {
		s.reportOpen(at)
	}
	s.open = s.open[:len(s.open)-1]
	return true
}

// reportOpen reports the last bracket or quote that is not closed; the place is where that became clear.
func (s *scanner) reportOpen(noticed place) {
	if len(s.open) == 0 {
		return
	}
	last := s.open[len(s.open)-1]
	m := syntaxMistake{place: last.place, hint: fmt.Sprintf("add the missing '%c'", closing[last.character]), stillOpen: noticed}
	switch last.character {
	case '[':
		m.message = "a list that begins with '[' does not end"
	case '{':
		m.message = "a map that begins with '{' does not end"
	default:
		m.message, m.hint = "a quoted text does not end", fmt.Sprintf("add the closing quote, %c", last.character)
	}
	s.mistakes = append(s.mistakes, m)
}

// indentedTooFar returns a mistake if the parser found a ':' that would be the first of its line, below a line with a value.
func (s *scanner) indentedTooFar(message string, line, column int) (syntaxMistake, bool) {
	if !strings.Contains(message, "mapping values are not allowed") || line < 2 || line > len(s.lines) {
		return syntaxMistake{}, false
	}
	indent, above := s.indentOf(line), s.indentOf(line-1)
	if before := []rune(s.lines[line-1]); indent <= above || column > len(before) || strings.Contains(string(before[:column-1]), ": ") {
		return syntaxMistake{}, false
	}
	return syntaxMistake{
		place: place{line, indent + 1}, message: "this line is indented further than the line above, which has a value",
		hint: fmt.Sprintf("indent it by %d spaces, like the line above", above),
	}, true
}
