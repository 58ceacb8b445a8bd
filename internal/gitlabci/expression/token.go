package expression

import (
	"regexp"
	"strings"
	"sync"
)

// maxTokens is how many tokens an expression may have: GitLab stops at the hundredth.
const maxTokens = 99

// symbol is a kind of token.
type symbol uint8

const (
	parenthesisOpen symbol = iota
	parenthesisClose
	inputName
	variableName
	quotedText
	patternText
	nullWord
	booleanWord
	equals
	matches
	notEquals
	notMatches
	and
	or
	not
)

// token is a piece of an expression.
type token struct {
	symbol symbol
	offset int
	text   string
}

func (t token) isValue() bool { return t.symbol >= inputName && t.symbol <= booleanWord }

// lexeme is a kind of token.
type lexeme struct {
	symbol symbol
	form   *regexp.Regexp
}

// lexemes are the kinds of tokens, in the order in which GitLab tries them.
var lexemes = sync.OnceValue(func() []lexeme {
	return []lexeme{
		{parenthesisOpen, regexp.MustCompile(`^\(`)},
		{parenthesisClose, regexp.MustCompile(`^\)`)},
		{inputName, regexp.MustCompile(`^\$\[\[[\s\v]*inputs\.[\w-]+[\s\v]*\]\]`)},
		{variableName, regexp.MustCompile(`^\$\w+`)},
		{quotedText, regexp.MustCompile(`^(".*?"|'.*?')`)},
		{patternText, regexp.MustCompile(`^/([^/]|\\/)+[^\\]/[ismU]*`)},
		{nullWord, regexp.MustCompile(`^null`)},
		{booleanWord, regexp.MustCompile(`^(true|false)\b`)},
		{equals, regexp.MustCompile(`^==`)},
		{matches, regexp.MustCompile(`^=~`)},
		{notEquals, regexp.MustCompile(`^!=`)},
		{notMatches, regexp.MustCompile(`^!~`)},
		{and, regexp.MustCompile(`^&&`)},
		{or, regexp.MustCompile(`^\|\|`)},
		{not, regexp.MustCompile(`^!`)},
	}
})

const whitespace = " \t\r\n\f\v"

// scan splits an expression into tokens.
func scan(text string) ([]token, error) {
	var tokens []token
	for {
		rest := strings.TrimLeft(text, whitespace)
		offset := len(text) - len(rest)
		if len(tokens) > 0 {
			last := tokens[len(tokens)-1]
			offset += last.offset + len(last.text)
		}
		if rest == "" {
			return tokens, nil
		}
		next, ok := first(rest)
		switch {
		case !ok:
			return nil, errorAt(offset, "%s", unknown(rest))
		case len(tokens) == maxTokens:
			return nil, errorAt(offset, "GitLab reads at most %d variables, values and operators in one expression", maxTokens)
		}
		next.offset = offset
		tokens = append(tokens, next)
		text = rest[len(next.text):]
	}
}

// first is the token that a text begins with.
func first(text string) (token, bool) {
	for _, lexeme := range lexemes() {
		if found := lexeme.form.FindString(text); found != "" {
			return token{symbol: lexeme.symbol, text: found}, true
		}
	}
	return token{}, false
}

// unknown explains why no token begins with a text.
func unknown(text string) string {
	switch text[0] {
	case '"', '\'':
		return "text in quotes must end in the same line, and cannot contain its own quote"
	case '/':
		return "a pattern needs at least two characters between slashes"
	case '$':
		return "`$` must be followed by the name of a variable"
	case '=', '&', '|':
		return "an operator is one of `==`, `!=`, `=~`, `!~`, `&&`, `||` and `!`"
	}
	return "expected a variable, text in quotes, a pattern, `null`, `true`, `false` or an operator"
}
