package jinja

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words are the tokens inside a tag, the longer ones first.
var (
	floatWord   = regexp.MustCompile(`^(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)`)
	integerWord = regexp.MustCompile(`^(?:0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*)`)
	textWord    = regexp.MustCompile(`^(?s:'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")`)
	operators   = []string{
		"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
	}
)

// closing is the bracket that an opening one asks for.
var closing = map[string]string{"(": ")", "[": "]", "{": "}"}

// inside reads the words of a tag up to its end.
func (l *lexer) inside(begin int, end kind) error {
	var open []token
	for {
		l.at = len(l.source) - len(strings.TrimLeftFunc(l.source[l.at:], isSpace))
		if l.at >= len(l.source) {
			return fail(begin, "this tag has no end; it needs %s", map[kind]string{variableEnd: "}}", blockEnd: "%}"}[end])
		}
		if len(open) == 0 && l.end(end) {
			return nil
		}
		word, err := l.word()
		if err != nil {
			return err
		}
		if open, err = balance(open, word); err != nil {
			return err
		}
		l.tokens = append(l.tokens, word)
		l.at += len(word.text)
	}
}

// end reads the end of a tag, if that is what comes next.
func (l *lexer) end(k kind) bool {
	rest, sign := l.source[l.at:], byte(0)
	mark := "}}"
	if k == blockEnd {
		mark = "%}"
	}
	if rest[0] == '-' || rest[0] == '+' && k == blockEnd {
		sign, rest = rest[0], rest[1:]
	}
	if !strings.HasPrefix(rest, mark) {
		return false
	}
	l.add(k, mark, l.at)
	l.at = len(l.source) - len(rest) + len(mark)
	if k == variableEnd && sign == 0 {
		sign = '+' // a variable never takes the newline behind it
	}
	l.trim(sign)
	return true
}

// word returns the next word without going past it.
func (l *lexer) word() (token, error) {
	rest := l.source[l.at:]
	afterDot := l.at > 0 && l.source[l.at-1] == '.'
	if c := rest[0]; c >= '0' && c <= '9' {
		if m := floatWord.FindString(rest); m != "" && !afterDot {
			return token{float, m, l.at}, nil
		}
		if m := integerWord.FindString(rest); m != "" {
			return token{integer, m, l.at}, nil
		}
	}
	if n := nameLength(rest); n > 0 {
		return token{name, rest[:n], l.at}, nil
	}
	if rest[0] == '"' || rest[0] == '\'' {
		if m := textWord.FindString(rest); m != "" {
			return token{text, m, l.at}, nil
		}
		return token{}, fail(l.at, "this string has no end; it needs %c", rest[0])
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return token{operator, op, l.at}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, fail(l.at, "%q has no meaning in a tag", r)
}

// nameLength is the length of the name that a text begins with, in bytes.
func nameLength(s string) int {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)) {
			return i
		}
	}
	return len(s)
}

// balance keeps the brackets that are open.
func balance(open []token, word token) ([]token, error) {
	if word.kind != operator {
		return open, nil
	}
	switch word.text {
	case "(", "[", "{":
		return append(open, word), nil
	case ")", "]", "}":
		if len(open) == 0 {
			return nil, fail(word.at, "%q closes nothing", word.text)
		}
		if want := closing[open[len(open)-1].text]; want != word.text {
			return nil, fail(word.at, "expected %q, found %q", want, word.text)
		}
		return open[:len(open)-1], nil
	}
	return open, nil
}

// isSpace is what Python calls white space.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
