package jinja

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// load returns the template that an expression names, the first of several that exists.
func (f *frame) load(e expression, offset int) (*Template, error) {
	value, err := e.eval(f)
	if err != nil {
		return nil, err
	}
	names := []any{value}
	if l, ok := value.(*List); ok {
		names = l.Items
	} else if t, ok := value.(Tuple); ok {
		names = t
	}
	err = fail(offset, "no template is named")
	for _, n := range names {
		var name string
		if name, err = str(n); err != nil {
			return nil, at(offset, err)
		}
		var t *Template
		if t, err = f.run.load(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return t, at(offset, err)
		}
	}
	return nil, at(offset, err)
}

func (r *run) load(name string) (*Template, error) {
	if r.env.Load == nil {
		return nil, fmt.Errorf("the template %q cannot be read: there are no other templates here: %w", name, fs.ErrNotExist)
	}
	source, err := r.env.Load(name)
	if err != nil {
		return nil, fmt.Errorf("the template %q cannot be read: %w", name, err)
	}
	if err := r.charge(1 + len(source)/16); err != nil {
		return nil, err
	}
	t, err := r.env.Parse(name, source)
	var all Errors
	if errors.As(err, &all) && len(all) > 0 {
		r.errors = append(r.errors, all[:len(all)-1]...)
		return nil, all[len(all)-1]
	}
	return t, err
}

// include is {% include … %}.
type include struct {
	template                   expression
	ignoreMissing, withContext bool
	at                         int
}

func (s *include) exec(f *frame) error {
	t, err := f.load(s.template, s.at)
	if err != nil {
		if s.ignoreMissing && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	inner, err := f.enter(t, s.withContext)
	if err != nil {
		return at(s.at, err)
	}
	return t.render(inner)
}

// enter returns a frame for another template.
func (f *frame) enter(t *Template, withContext bool) (*frame, error) {
	inner, err := f.deeper()
	if err != nil {
		return nil, err
	}
	if !withContext {
		inner.scope = newScope(globals(f.run.env))
	}
	inner.template, inner.blocks, inner.parent = t, nil, nil
	return inner, nil
}

// importStatement is {% import … as … %} or {% from … import … %}.
type importStatement struct {
	template    expression
	as          string
	names       []imported
	withContext bool
	at          int
}

type imported struct {
	name, as string
	at       int
}

func (s *importStatement) exec(f *frame) error {
	t, err := f.load(s.template, s.at)
	if err != nil {
		return err
	}
	inner, err := f.enter(t, s.withContext)
	if err != nil {
		return at(s.at, err)
	}
	inner.out = &strings.Builder{}
	if err := t.render(inner); err != nil {
		return err
	}
	m := &module{name: t.name, text: inner.out.String(), variables: inner.scope.variables}
	if s.as != "" {
		f.scope.set(s.as, m)
		return nil
	}
	for _, n := range s.names {
		value, ok := m.get(n.name)
		if !ok {
			value = f.undefined(fmt.Sprintf("the template '%s' does not export '%s'", t.name, n.name))
		}
		f.scope.set(n.as, value)
	}
	return nil
}

// module is an imported template: its variables and macros.
type module struct {
	name, text string
	variables  map[string]any
}

// get returns a variable of the template; those whose names begin with "_" are its own.
func (m *module) get(name string) (any, bool) {
	if strings.HasPrefix(name, "_") {
		return nil, false
	}
	value, ok := m.variables[name]
	return value, ok
}
