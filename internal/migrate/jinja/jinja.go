// Package jinja renders Jinja2 templates, https://jinja.palletsprojects.com/en/stable/templates/, to the bytes that Jinja2
// gives for them. What it does not have of Jinja2 it refuses by name; it never renders anything else instead. No template can
// keep it busy for ever or fill the memory, and it reads no file that Load does not give it.
package jinja

import (
	"strings"
	"unicode/utf8"
)

// Environment is how templates are read, and what they may use besides Jinja2's own filters, tests and functions. It may not
// change once a template was parsed.
type Environment struct {
	// TrimBlocks removes the first newline behind a block.
	TrimBlocks bool
	// LstripBlocks removes the blanks between the beginning of a line and a block.
	LstripBlocks bool
	// KeepTrailingNewline keeps the newline at the end of a template, which is removed otherwise.
	KeepTrailingNewline bool
	// Lenient makes a variable that is not defined print as nothing, as Jinja2 does by default. It is an error otherwise, as
	// with Jinja2's StrictUndefined.
	Lenient bool
	// Filters are further filters, by name; the value is the first argument.
	Filters map[string]Function
	// Globals are the variables of every template, imported ones among them.
	Globals map[string]any
	// Load gives the source of a template that another one includes, imports or extends; fs.ErrNotExist says that there is
	// none. Where it is nil there are no others.
	Load func(name string) (string, error)
	// Limits bound what a template may take; the zero value has sensible ones.
	Limits Limits
}

// Limits bound what rendering one template may take. Zero means the default.
type Limits struct {
	// Steps are turns of loops and calls of functions, filters and macros: one million by default.
	Steps int
	// Bytes are those of the output, and of any text on the way: 16 MiB by default.
	Bytes int
	// Depth is how deep macros, includes and blocks may be nested: 100 by default.
	Depth int
}

func (l Limits) withDefaults() Limits {
	if l.Steps == 0 {
		l.Steps = 1_000_000
	}
	if l.Bytes == 0 {
		l.Bytes = 16 << 20
	}
	if l.Depth == 0 {
		l.Depth = 100
	}
	return l
}

// maxSource bounds the source of one template, in bytes.
const maxSource = 1 << 20

// Template is a parsed template. It may be rendered any number of times, at once too.
type Template struct {
	name   string
	source string // with Unix newlines, as the lexer sees it
	env    *Environment
	body   []statement
	blocks map[string]*block
}

// Parse parses a template; errors contain its name. The error is of type Errors.
func (e *Environment) Parse(name, source string) (*Template, error) {
	t := &Template{name: name, env: e, blocks: map[string]*block{}}
	if len(source) > maxSource {
		return nil, Errors{{File: name, Message: "the template is larger than 1 MiB"}}
	}
	if !utf8.ValidString(source) {
		return nil, Errors{{File: name, Message: "the template is not UTF-8"}}
	}
	t.source = e.normalize(source)
	tokens, err := lex(t)
	if err != nil {
		return nil, Errors{t.locate(err)}
	}
	p := &parser{template: t, tokens: tokens}
	if t.body, err = p.parse(); err != nil {
		return nil, append(p.unknown, t.locate(err))
	}
	if len(p.unknown) > 0 {
		return nil, p.unknown
	}
	return t, nil
}

// normalize gives the source Unix newlines and takes the last one, unless it is to stay.
func (e *Environment) normalize(source string) string {
	if strings.Contains(source, "\r") {
		source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	}
	if !e.KeepTrailingNewline {
		source = strings.TrimSuffix(source, "\n")
	}
	return source
}

// Render renders the template with some variables, whose values are as Of takes them. The error is of type Errors and holds
// every mistake that could be found, not the first alone.
func (t *Template) Render(variables map[string]any) (string, error) {
	r := &run{env: t.env, limits: t.env.Limits.withDefaults()}
	root := newScope(globals(t.env))
	for name, value := range variables {
		root.set(name, Of(value))
	}
	f := &frame{run: r, template: t, scope: newScope(root), out: &strings.Builder{}}
	if err := f.template.render(f); err != nil {
		r.report(t.locate(err))
	}
	if len(r.errors) > 0 {
		return "", r.errors
	}
	return f.out.String(), nil
}
