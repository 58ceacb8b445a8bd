package expression

import (
	"strconv"
	"strings"
	"unicode"
)

type kind uint8

const (
	isNull kind = iota
	isBoolean
	isText
	isPattern
	isOther
)

// Value is what an expression, or a part of it, evaluates to. The zero value is null.
type Value struct {
	kind    kind
	text    string
	pattern *pattern
}

// Text is a value that is text.
func Text(text string) Value { return Value{kind: isText, text: text} }

// Bool is a value that is true or false.
func Bool(value bool) Value { return Value{kind: isBoolean, text: strconv.FormatBool(value)} }

// Other is an input that is a number or an array: it equals only others that print the same.
func Other(text string) Value { return Value{kind: isOther, text: text} }

// String is the value as `=~` sees it. Null is empty.
func (v Value) String() string {
	if v.kind == isPattern {
		return "#<Gitlab::UntrustedRegexp>"
	}
	return v.text
}

// isTrue is Ruby's truth, which `&&` and `||` use: all but null and false is true, and so is empty text.
func (v Value) isTrue() bool { return v.kind != isNull && v != Bool(false) }

// isPresent is Rails' present?, which `!` and the whole expression use: blank text does not count.
func (v Value) isPresent() bool {
	return v.isTrue() && (v.kind != isText || strings.ContainsFunc(v.text, func(r rune) bool { return !unicode.IsSpace(r) }))
}

// equals compares as Ruby does, except that `true` equals "true".
func (v Value) equals(other Value) bool {
	switch {
	case v.kind == isPattern && other.kind == isPattern:
		return v.pattern.source == other.pattern.source
	case v.kind != other.kind:
		return v.text == other.text && v.isTextOrBoolean() && other.isTextOrBoolean()
	}
	return v.text == other.text
}

func (v Value) isTextOrBoolean() bool { return v.kind == isText || v.kind == isBoolean }

// asPattern is the pattern that a value is, or that its text has: `/…/` with flags.
func (v Value) asPattern() (*pattern, bool) {
	if v.kind == isPattern {
		return v.pattern, true
	}
	if v.kind != isText {
		return nil, false
	}
	compiled, err := compile(v.text)
	return compiled, err == nil
}
