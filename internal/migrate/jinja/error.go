package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in a template.
type Error struct {
	// File is the name of the template.
	File string
	// Line and Column count from one, Column in characters. They are zero where the mistake has no place.
	Line, Column int
	// Message says what is wrong, without a full stop.
	Message string
	// Err is the error of a filter or function of the environment's, where there was one.
	Err error
}

// Error returns "file:line:column: message".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Errors are the mistakes of a template, in the order in which they were met.
type Errors []*Error

// Error returns one mistake per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, err := range e {
		out[i] = err
	}
	return out
}

// mistake is an error at an offset of the source that it was met in.
type mistake struct {
	at   int
	text string
	err  error
}

func (m *mistake) Error() string { return m.text }
func (m *mistake) Unwrap() error { return m.err }

func fail(at int, format string, args ...any) error {
	return &mistake{at: at, text: fmt.Sprintf(format, args...)}
}

// errReported marks a mistake that is reported already, so that its consequences are not reported too.
var errReported = errors.New("reported already")

// at gives an error the place at, unless it has one.
func at(offset int, err error) error {
	var placed *mistake
	var located *Error
	if err == nil || errors.Is(err, errReported) || errors.As(err, &placed) || errors.As(err, &located) {
		return err
	}
	return &mistake{at: offset, text: err.Error(), err: err}
}

// locate turns an error that was met in the template into one with a line.
func (t *Template) locate(err error) *Error {
	var located *Error
	if errors.As(err, &located) {
		return located
	}
	var placed *mistake
	if !errors.As(err, &placed) {
		return &Error{File: t.name, Message: err.Error(), Err: err}
	}
	offset := min(placed.at, len(t.source))
	before := t.source[:offset]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &Error{File: t.name, Line: line, Column: column, Message: placed.text, Err: placed.err}
}

// isFatal reports whether rendering ends with an error: a limit was reached.
func isFatal(err error) bool {
	var exceeded *limitError
	return errors.As(err, &exceeded)
}
