package jinja

import (
	"errors"
	"fmt"
	"strings"
)

// run is one rendering, over all templates that take part.
type run struct {
	env    *Environment
	limits Limits
	steps  int
	errors Errors
}

// maxErrors is how many mistakes are reported before rendering ends.
const maxErrors = 100

// report keeps a mistake.
func (r *run) report(err *Error) {
	if !errors.Is(err.Err, errReported) {
		r.errors = append(r.errors, err)
	}
}

// limitError says that a template takes more than it may.
type limitError struct{ text string }

func (e *limitError) Error() string { return e.text }

// charge counts steps.
func (r *run) charge(steps int) error {
	if r.steps += steps; r.steps > r.limits.Steps || steps < 0 {
		return &limitError{fmt.Sprintf("the template takes more than %d steps; does a loop never end?", r.limits.Steps)}
	}
	return nil
}

// fits judges the length of a text.
func (r *run) fits(bytes int) error {
	if bytes > r.limits.Bytes || bytes < 0 {
		return &limitError{fmt.Sprintf("the template makes a text of more than %d bytes", r.limits.Bytes)}
	}
	return nil
}

// room judges the length of a text that is about to be made, and counts what making it takes.
func (r *run) room(bytes int) error {
	if err := r.fits(bytes); err != nil {
		return err
	}
	return r.charge(bytes / 1024)
}

// scope holds variables.
type scope struct {
	parent    *scope
	variables map[string]any
}

func newScope(parent *scope) *scope { return &scope{parent: parent} }

func (s *scope) set(name string, value any) {
	if s.variables == nil {
		s.variables = map[string]any{}
	}
	s.variables[name] = value
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.parent {
		if value, ok := s.variables[name]; ok {
			return value, true
		}
	}
	return nil, false
}

// frame is a place of a rendering.
type frame struct {
	run      *run
	template *Template
	scope    *scope
	// top is the scope of the template itself, which its blocks see.
	top *scope
	out *strings.Builder
	// blocks are the bodies of blocks, those of templates that extend others first.
	blocks map[string][]placedBlock
	depth  int
	// parent is the template that this one extends.
	parent *Template
	// isLoaded says that the template was loaded for its variables alone, or extends another: what it prints is dropped.
}

// nested returns a frame with a scope of its own.
func (f *frame) nested() *frame {
	inner := *f
	inner.scope = newScope(f.scope)
	return &inner
}

// deeper returns a nested frame for a body that another place of a template calls.
func (f *frame) deeper() (*frame, error) {
	inner := f.nested()
	if inner.depth++; inner.depth > f.run.limits.Depth {
		return nil, &limitError{fmt.Sprintf("templates or macros are nested more than %d deep; does one use itself?", f.run.limits.Depth)}
	}
	return inner, f.run.charge(1)
}

// statement is a node that is executed.
type statement interface {
	exec(f *frame) error
}

// exec executes statements. A mistake in one is reported, and the next one executed all the same, so that all are found.
func (f *frame) exec(body []statement) error {
	for _, s := range body {
		err := s.exec(f)
		switch {
		case err == nil:
		case isFatal(err) || len(f.run.errors) >= maxErrors:
			return f.template.locate(err)
		case !errors.Is(err, errReported):
			f.run.report(f.template.locate(err))
		}
	}
	return nil
}

// capture executes statements and returns what they print.
func (f *frame) capture(body []statement) (string, error) {
	inner := *f
	inner.out = &strings.Builder{}
	err := inner.exec(body)
	return inner.out.String(), err
}

// write prints a text.
func (f *frame) write(s string) error {
	if err := f.run.fits(f.out.Len() + len(s)); err != nil {
		return err
	}
	f.out.WriteString(s)
	return f.run.charge(len(s) / 1024)
}
