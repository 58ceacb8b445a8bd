package jinja

import (
	"regexp"
	"strings"
)

// kind is what a token is.
type kind uint8

const (
	eof kind = iota
	data
	variableBegin
	variableEnd
	blockBegin
	blockEnd
	name
	integer
	float
	text
	operator
)

// token is a part of a template: data between tags, a border of a tag, or a word inside one.
type token struct {
	kind kind
	text string
	at   int
}

// lexer cuts a source into tokens.
type lexer struct {
	env    *Environment
	source string
	at     int
	// lineStart says that the last tag ended with a newline, so that what follows begins a line.
	lineStart bool
	tokens    []token
}

func lex(t *Template) ([]token, error) {
	l := &lexer{env: t.env, source: t.source, lineStart: true}
	for l.at < len(l.source) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return append(l.tokens, token{eof, "", len(l.source)}), nil
}

func (l *lexer) add(k kind, text string, at int) { l.tokens = append(l.tokens, token{k, text, at}) }

// next reads data and the tag behind it.
func (l *lexer) next() error {
	rest := l.source[l.at:]
	i := tagStart(rest)
	if i < 0 {
		l.add(data, rest, l.at)
		l.at = len(l.source)
		return nil
	}
	begin := l.at + i
	end := begin + 2
	sign := byte(0)
	if end < len(l.source) && (l.source[end] == '-' || l.source[end] == '+') {
		sign = l.source[end]
		end++
	}
	opening := l.source[begin : begin+2]
	if before := l.strip(rest[:i], sign, opening != "{{"); before != "" {
		l.add(data, before, l.at)
	}
	l.at = end
	switch opening {
	case "{#":
		return l.comment(begin)
	case "{{":
		l.add(variableBegin, opening, begin)
		return l.inside(begin, variableEnd)
	}
	if m := rawBegin.FindString(l.source[end:]); m != "" {
		l.at += len(m)
		return l.raw(begin)
	}
	l.add(blockBegin, opening, begin)
	return l.inside(begin, blockEnd)
}

// tagStart returns the offset of the first tag, or -1.
func tagStart(source string) int {
	for i := 0; ; i++ {
		j := strings.IndexByte(source[i:], '{')
		if j < 0 || i+j+1 >= len(source) {
			return -1
		}
		i += j
		switch source[i+1] {
		case '{', '%', '#':
			return i
		}
	}
}

// strip removes the white space that a tag takes from the data before it.
func (l *lexer) strip(before string, sign byte, isBlock bool) string {
	switch {
	case sign == '-':
		return strings.TrimRightFunc(before, isSpace)
	case sign == '+' || !l.env.LstripBlocks || !isBlock:
		return before
	}
	line := strings.LastIndexByte(before, '\n') + 1
	if (line > 0 || l.lineStart) && strings.TrimLeftFunc(before[line:], isSpace) == "" {
		return before[:line]
	}
	return before
}

// comment skips a comment.
func (l *lexer) comment(begin int) error {
	i := strings.Index(l.source[l.at:], "#}")
	if i < 0 {
		return fail(begin, "this comment has no end; it needs #}")
	}
	sign := byte(0)
	if i > 0 {
		sign = l.source[l.at+i-1]
	}
	l.at += i + 2
	l.trim(sign)
	return nil
}

// trim skips the white space that a tag takes from the data behind it.
func (l *lexer) trim(sign byte) {
	from := l.at
	switch {
	case sign == '-':
		l.at = len(l.source) - len(strings.TrimLeftFunc(l.source[l.at:], isSpace))
	case sign != '+' && l.env.TrimBlocks && strings.HasPrefix(l.source[l.at:], "\n"):
		l.at++
	}
	l.lineStart = l.at > from && l.source[l.at-1] == '\n'
}

// rawBegin matches the text behind "{%" where a raw block begins. Jinja2 never removes a newline behind it.
var rawBegin = regexp.MustCompile(`^\s*raw\s*(?:-%\}\s*|%\})`)

// rawEnd is the end of a raw block.
var rawEnd = regexp.MustCompile(`\{%([-+]?)\s*endraw\s*([-+]?)%\}`)

// raw reads a raw block as data.
func (l *lexer) raw(begin int) error {
	m := rawEnd.FindStringSubmatchIndex(l.source[l.at:])
	if m == nil {
		return fail(begin, "this raw block has no end; it needs {%% endraw %%}")
	}
	rest := l.source[l.at:]
	l.lineStart = false
	if before := l.strip(rest[:m[0]], signAt(rest, m[2], m[3]), true); before != "" {
		l.add(data, before, l.at)
	}
	l.at += m[1]
	l.trim(signAt(rest, m[4], m[5]))
	return nil
}

func signAt(s string, from, to int) byte {
	if from == to {
		return 0
	}
	return s[from]
}
