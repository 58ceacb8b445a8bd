package jinja

import "fmt"

type parameter struct {
	name      string
	otherwise expression
}

// macroStatement is {% macro … %}.
type macroStatement struct {
	name       string
	parameters []parameter
	body       []statement
	at         int
	// usesCaller, usesRest and usesNamedRest say which of caller, varargs and kwargs the body speaks of.
	usesCaller, usesRest, usesNamedRest bool
}

func (s *macroStatement) exec(f *frame) error {
	f.scope.set(s.name, &macro{s, f})
	return nil
}

// macro is the value of a macro: it sees what its place sees.
type macro struct {
	statement *macroStatement
	frame     *frame
}

func (m *macro) call(f *frame, c *Call) (any, error) {
	place := *m.frame
	place.depth = f.depth
	inner, err := place.deeper()
	if err != nil {
		return nil, err
	}
	if err := m.bind(inner, c); err != nil {
		return nil, err
	}
	return inner.captured(func(f *frame) error { return f.exec(m.statement.body) })
}

// bind sets the parameters in the frame of the body.
func (m *macro) bind(f *frame, c *Call) error {
	s := m.statement
	for i, p := range s.parameters {
		value, given := c.argument(i, p.name)
		if !given {
			value = f.undefined(fmt.Sprintf("parameter '%s' was not provided", p.name))
			if p.otherwise != nil {
				var err error
				if value, err = p.otherwise.eval(f); err != nil {
					return m.frame.template.locate(err)
				}
			}
		}
		f.scope.set(p.name, value)
	}
	c.used = max(c.used, len(s.parameters))
	if s.usesCaller {
		caller, ok := c.argument(len(c.Args), "caller")
		if !ok {
			caller = f.undefined("no caller defined")
		}
		f.scope.set("caller", caller)
		c.used = len(s.parameters)
	}
	if s.usesRest {
		f.scope.set("varargs", Tuple(c.Args[min(len(s.parameters), len(c.Args)):]))
		c.used = len(c.Args)
	}
	if s.usesNamedRest {
		rest := &Dict{}
		for _, n := range c.Named {
			_ = rest.Set(n.Name, n.Value) // a name is always a key
		}
		f.scope.set("kwargs", rest)
		c.Named = nil
	}
	if err := c.Done(); err != nil {
		return fmt.Errorf("the macro %s: %w", s.name, err)
	}
	return nil
}

// callStatement is {% call … %}.
type callStatement struct {
	caller macroStatement
	call   *call
}

func (s *callStatement) exec(f *frame) error {
	value, err := s.call.with(f, Argument{"caller", &macro{&s.caller, f}})
	if err != nil {
		return err
	}
	printed, err := str(value)
	if err == nil {
		err = f.write(printed)
	}
	return at(s.caller.at, err)
}
