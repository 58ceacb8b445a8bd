package jinja

import (
	"errors"
	"fmt"
	"slices"
)

// Function is a filter, or a function that templates call. What it returns is turned into a value with Of; an error of it is
// reported at the place of the call.
type Function func(c *Call) (any, error)

// Call is what a Function is called with.
type Call struct {
	// Args are the arguments by position; that of a filter begin with its value.
	Args []any
	// Named are the arguments by name.
	Named []Argument
	frame *frame
	at    int
	used  int
	err   error
}

// Place returns the place of the call: the name of the template, and the line and column in it.
func (c *Call) Place() (template string, line, column int) {
	place := c.frame.template.locate(&mistake{at: c.at})
	return place.File, place.Line, place.Column
}

// Argument is an argument with a name.
type Argument struct {
	Name  string
	Value any
}

// arguments are those of a call as they are written.
type arguments struct {
	plain           []expression
	named           []namedExpression
	rest, namedRest expression
}

type namedExpression struct {
	name  string
	value expression
}

func (a *arguments) isEmpty() bool {
	return len(a.plain) == 0 && len(a.named) == 0 && a.rest == nil && a.namedRest == nil
}

// eval returns the arguments behind some first ones.
func (a *arguments) eval(f *frame, first ...any) (*Call, error) {
	c := &Call{frame: f}
	plain, err := evalAll(f, a.plain)
	if err != nil {
		return nil, err
	}
	c.Args = slices.Concat(first, plain)
	for _, n := range a.named {
		value, err := n.value.eval(f)
		if err != nil {
			return nil, err
		}
		c.Named = append(c.Named, Argument{n.name, value})
	}
	return c, a.spread(f, c)
}

// spread adds what *rest and **rest hold.
func (a *arguments) spread(f *frame, c *Call) error {
	if a.rest != nil {
		value, err := a.rest.eval(f)
		if err != nil {
			return err
		}
		more, err := items(value)
		if err != nil {
			return err
		}
		c.Args = append(c.Args, more...)
	}
	if a.namedRest == nil {
		return nil
	}
	value, err := a.namedRest.eval(f)
	if err != nil {
		return err
	}
	d, ok := value.(*Dict)
	if !ok {
		return fmt.Errorf("** needs a mapping, and this is %s", kindOf(value))
	}
	for _, key := range d.keys {
		value, _ := d.Get(key)
		c.Named = append(c.Named, Argument{fmt.Sprint(key), value})
	}
	return nil
}

// call is a(…).
type call struct {
	of        expression
	arguments arguments
	at        int
}

func (e *call) eval(f *frame) (any, error) { return e.with(f) }

// with calls with further named arguments.
func (e *call) with(f *frame, more ...Argument) (any, error) {
	of, err := e.of.eval(f)
	if err != nil {
		return nil, err
	}
	c, err := e.arguments.eval(f)
	if err != nil {
		return nil, at(e.at, err)
	}
	c.Named = append(c.Named, more...)
	if err := f.run.charge(1); err != nil {
		return nil, at(e.at, err)
	}
	switch callee := of.(type) {
	case Function:
		value, err := callee(c)
		return Of(value), at(place(e.of, e.at), err)
	case callable:
		value, err := callee.call(f, c)
		return value, at(place(e.of, e.at), err)
	case *Undefined:
		return nil, at(place(e.of, e.at), callee.err())
	}
	return nil, fail(e.at, "%s cannot be called", kindOf(of))
}

// filter is a|name(…).
type filter struct {
	of        expression
	name      string
	arguments arguments
	at        int
}

func (e *filter) eval(f *frame) (any, error) {
	of, err := e.of.eval(f)
	if err != nil {
		return nil, err
	}
	c, err := e.arguments.eval(f, of)
	if err != nil {
		return nil, at(e.at, err)
	}
	c.at = e.at
	value, err := f.filter(e.name, c)
	if u, ok := of.(*Undefined); ok && errors.Is(err, errUndefined) {
		return nil, at(place(e.of, e.at), u.err())
	}
	return value, at(e.at, err)
}

// errUndefined is the error of a filter whose value does not exist.
var errUndefined = errors.New("the value is undefined")

// filter calls a filter.
func (f *frame) filter(name string, c *Call) (any, error) {
	if err := f.run.charge(1); err != nil {
		return nil, err
	}
	function := f.run.env.lookUpFilter(name)
	if function == nil {
		return nil, errors.New(f.run.env.noFilter(name))
	}
	c.frame = f
	if u, ok := c.Args[0].(*Undefined); ok && !u.lenient && name != "default" && name != "d" && name != "items" {
		return nil, errUndefined
	}
	value, err := function(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return Of(value), nil
}
