// Package changes writes patterns for `rules:changes`. GitLab expands $NAME, ${NAME} and %NAME% in them, and matches with Ruby's
// File.fnmatch, where "**" crosses folders only in front of a slash (Gitlab::Ci::Build::Rules::Rule::Clause::Changes).
package changes

import "strings"

// Pattern returns the pattern of `rules:changes` that matches the files of a pattern that package content reads.
func Pattern(pattern string) string {
	w := writer{braces: []braces{{atStart: true}}}
	for rest := pattern; rest != ""; {
		token := next(rest)
		rest = rest[len(token):]
		w.write(token, rest)
	}
	return w.out.String()
}

// next returns the first token of a pattern: an escaped character, a class, "**", or one character.
func next(pattern string) string {
	switch end := strings.IndexByte(pattern, ']'); {
	case pattern[0] == '\\' && len(pattern) > 1, strings.HasPrefix(pattern, "**"):
		return pattern[:2]
	case pattern[0] == '[' && end > 0:
		return pattern[:end+1]
	default:
		return pattern[:1]
	}
}

type writer struct {
	out strings.Builder
	// braces are those that are open, the innermost last. The first are around the whole pattern.
	braces []braces
}

// braces say whether they are where a part of the path starts, and whether the next token in them is.
type braces struct{ outside, atStart bool }

// write writes a token. Rest is what comes after it.
func (w *writer) write(token, rest string) {
	depth := len(w.braces) - 1
	inner := &w.braces[depth]
	wasAtStart := inner.atStart
	inner.atStart = token == "/" || token == "," && depth > 0 && inner.outside
	switch {
	case token == "$", token == "%":
		token = "[" + token + "]"
	case token == "**" && wasAtStart && isEnd(rest, depth):
		token = "**/*"
	case token == "{":
		w.braces = append(w.braces, braces{outside: wasAtStart, atStart: wasAtStart})
	case token == "}" && depth > 0:
		w.braces = w.braces[:depth]
	}
	w.out.WriteString(token)
}

// isEnd reports whether a path ends where the rest of a pattern begins, which is inside a number of braces.
func isEnd(rest string, depth int) bool {
	for ; rest != "" && depth > 0; depth-- {
		switch rest[0] {
		case '}':
			rest = rest[1:]
		case ',':
			rest = behindBraces(rest)
		default:
			return false
		}
	}
	return rest == ""
}

// behindBraces returns what comes after the innermost braces that are open where the text begins.
func behindBraces(text string) string {
	for depth := 1; text != "" && depth > 0; {
		token := next(text)
		text = text[len(token):]
		switch token {
		case "{":
			depth++
		case "}":
			depth--
		}
	}
	return text
}
