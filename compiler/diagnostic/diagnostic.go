// Package diagnostic describes what is wrong with a user's input: a value with a place, a code and a sentence,
// that printers turn into text, JSON or a report.
package diagnostic

import (
	"cmp"
	"fmt"
	"slices"
)

// Diagnostic is one finding.
type Diagnostic struct {
	Code     Code
	Severity Severity
	Span     Span
	// Message says what is wrong, in the user's words, without a full stop.
	Message string
	// Hint says what to do; it may be empty.
	Hint string
	// Notes are other places that belong to the finding, such as a first definition.
	Notes []Note
	// Key identifies the finding where its line does not: the path of a value or the name of an image.
	// It stays the same when lines move.
	Key string
}

// Note is a place that helps to understand the finding, with an explanation.
type Note struct {
	Span    Span
	Message string
}

// Severity says whether a finding stops the compiler.
type Severity uint8

// Errors stop the compiler and cannot be silenced; warnings do not stop it.
const (
	Error Severity = iota
	Warning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Span is a part of one line of a file. The zero Span is no place at all.
type Span struct {
	// File is the path below the project's root, with forward slashes.
	File string
	// Line and Column count from one; Column counts characters. Zero means the whole file or the whole line.
	Line, Column int
	// Length counts characters; zero means unknown.
	Length int
}

// String returns "file:line:column", as far as they are known.
func (s Span) String() string {
	switch {
	case s.Line == 0:
		return s.File
	case s.Column == 0:
		return fmt.Sprintf("%s:%d", s.File, s.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", s.File, s.Line, s.Column)
	}
}

// Compare orders spans by file, line and column.
func (s Span) Compare(other Span) int {
	return cmp.Or(cmp.Compare(s.File, other.File), cmp.Compare(s.Line, other.Line), cmp.Compare(s.Column, other.Column))
}

// List collects findings. The zero List is empty and ready to use.
type List []Diagnostic

// Errorf adds an error.
func (l *List) Errorf(code Code, at Span, format string, args ...any) *Diagnostic {
	return l.add(Diagnostic{Code: code, Severity: Error, Span: at, Message: fmt.Sprintf(format, args...)})
}

// Warnf adds a warning.
func (l *List) Warnf(code Code, at Span, format string, args ...any) *Diagnostic {
	return l.add(Diagnostic{Code: code, Severity: Warning, Span: at, Message: fmt.Sprintf(format, args...)})
}

func (l *List) add(d Diagnostic) *Diagnostic {
	*l = append(*l, d)
	return &(*l)[len(*l)-1]
}

// WithHint sets the hint and returns d, for use behind Errorf and Warnf.
func (d *Diagnostic) WithHint(format string, args ...any) *Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// WithNote adds a note and returns d.
func (d *Diagnostic) WithNote(at Span, format string, args ...any) *Diagnostic {
	d.Notes = append(d.Notes, Note{Span: at, Message: fmt.Sprintf(format, args...)})
	return d
}

// WithKey sets the key and returns d.
func (d *Diagnostic) WithKey(key string) *Diagnostic {
	d.Key = key
	return d
}

// HasErrors reports whether any finding is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Errors returns the errors among the findings.
func (l List) Errors() List {
	return slices.DeleteFunc(slices.Clone(l), func(d Diagnostic) bool { return d.Severity != Error })
}

// Sorted returns the findings ordered by place, code and message, each once.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, compare)
	return slices.CompactFunc(out, func(a, b Diagnostic) bool { return compare(a, b) == 0 })
}

func compare(a, b Diagnostic) int {
	return cmp.Or(a.Span.Compare(b.Span), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
}
