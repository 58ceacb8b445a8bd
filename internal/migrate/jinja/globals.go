package jinja

import (
	"errors"
	"fmt"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// globals returns a scope with the functions of Jinja2 and the variables of the environment.
func globals(e *Environment) *scope {
	s := newScope(nil)
	s.set("range", Function(rangeOf))
	s.set("dict", Function(dictOf))
	s.set("namespace", Function(namespaceOf))
	s.set("joiner", Function(joinerOf))
	s.set("cycler", unsupportedGlobal("cycler"))
	s.set("lipsum", unsupportedGlobal("lipsum"))
	for name, value := range e.Globals {
		s.set(name, Of(value))
	}
	return s
}

func unsupportedGlobal(name string) Function {
	return func(*Call) (any, error) { return nil, fmt.Errorf("the function %s is not supported", name) }
}

func rangeOf(c *Call) (any, error) {
	from, to, step := 0, c.Int(0, "", 0), 1
	if len(c.Args) > 1 {
		from, to, step = to, c.Int(1, "", 0), c.Int(2, "", 1)
	}
	if err := c.Done(); err != nil {
		return nil, fmt.Errorf("range: %w", err)
	}
	if step == 0 || len(c.Args) == 0 {
		return nil, errors.New("range needs an end, and a step that is not zero")
	}
	l := &List{}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		if len(l.Items) >= c.frame.run.limits.Steps {
			return nil, c.frame.run.charge(c.frame.run.limits.Steps)
		}
		l.Items = append(l.Items, i)
	}
	return l, c.charge(len(l.Items))
}

func dictOf(c *Call) (any, error) {
	d := &Dict{}
	if first, ok := c.Value(0, "", d).(*Dict); ok {
		d = first.copy()
	} else {
		return nil, errors.New("dict takes a mapping or named values")
	}
	for _, n := range c.Named {
		_ = d.Set(n.Name, n.Value) // a name is always a key
	}
	c.Named = nil
	return d, errors.Join(c.Done(), c.charge(d.Len()))
}

// namespace is a value whose attributes templates can set.
type namespace struct{ attributes Dict }

func (n *namespace) Get(name string) (any, bool)      { return n.attributes.Get(name) }
func (n *namespace) Set(name string, value any) error { return n.attributes.Set(name, value) }
func (n *namespace) call(*frame, *Call) (any, error) {
	return nil, errors.New("a namespace cannot be called")
}

func namespaceOf(c *Call) (any, error) {
	d, err := dictOf(c)
	if err != nil {
		return nil, err
	}
	return &namespace{*d.(*Dict)}, nil // dictOf returns nothing else
}

func (m *module) call(*frame, *Call) (any, error) {
	return nil, errors.New("a template cannot be called")
}

// joinerOf returns a function that gives a separator each time but the first.
func joinerOf(c *Call) (any, error) {
	separator, used := c.Text(0, "sep", ", "), false
	return Function(func(c *Call) (any, error) {
		if used {
			return separator, c.Done()
		}
		used = true
		return "", c.Done()
	}), c.Done()
}

func (e *Environment) lookUpFilter(name string) Function {
	if own := e.Filters[name]; own != nil {
		return own
	}
	return builtinFilter(name)
}

// noFilter is the message about a filter that does not exist.
func (e *Environment) noFilter(name string) string {
	if slices.Contains(unsupportedFilters, name) {
		return fmt.Sprintf("the filter %q is not supported", name)
	}
	var known []string
	for other := range e.Filters {
		known = append(known, other)
	}
	return fmt.Sprintf("there is no filter %q%s", name, diagnostic.DidYouMean(name, append(known, builtinFilters...)))
}

// checkFilter and checkTest keep a filter or test that does not exist.
func (p *parser) checkFilter(at int, name string) {
	if p.template.env.lookUpFilter(name) == nil && len(p.unknown) < maxErrors {
		p.unknown = append(p.unknown, p.template.locate(&mistake{at: at, text: p.template.env.noFilter(name)}))
	}
}

func (p *parser) checkTest(at int, name string) {
	if builtinTest(name) == nil && len(p.unknown) < maxErrors {
		p.unknown = append(p.unknown, p.template.locate(&mistake{at: at, text: noTest(name)}))
	}
}
