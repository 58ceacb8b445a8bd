package jinja

import "fmt"

// argument returns an argument by position or name.
func (c *Call) argument(i int, name string) (any, bool) {
	c.used = max(c.used, i+1)
	for j, n := range c.Named {
		if n.Name != name || name == "" {
			continue
		}
		c.Named = append(c.Named[:j:j], c.Named[j+1:]...)
		if i < len(c.Args) {
			c.failf("%s is given twice", name)
		}
		return n.Value, true
	}
	if i < len(c.Args) {
		return c.Args[i], true
	}
	return nil, false
}

func (c *Call) failf(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// Value returns an argument by position or name, or otherwise where it is not given.
func (c *Call) Value(i int, name string, otherwise any) any {
	if value, ok := c.argument(i, name); ok {
		return value
	}
	return otherwise
}

// Text returns an argument that must be a text. Done has the error where it is none.
func (c *Call) Text(i int, name, otherwise string) string {
	value, ok := c.argument(i, name)
	if !ok {
		return otherwise
	}
	switch v := value.(type) {
	case string:
		c.read(v)
		return v
	case *Undefined:
		if !v.lenient {
			c.undefined(v)
		}
		return ""
	}
	c.failf("a text is needed%s, and this is %s", about(name), kindOf(value))
	return ""
}

// Printed returns an argument as it would be printed.
func (c *Call) Printed(i int, name, otherwise string) string {
	value, ok := c.argument(i, name)
	if !ok {
		return otherwise
	}
	s, err := str(value)
	if err != nil && c.err == nil {
		c.err = err
	}
	c.read(s)
	return s
}

// needed is Printed for an argument that must be given.
func (c *Call) needed(i int, name string) string {
	value, ok := c.argument(i, name)
	if !ok {
		c.failf("it needs an argument %s", name)
		return ""
	}
	s, err := str(value)
	if err != nil && c.err == nil {
		c.err = err
	}
	c.read(s)
	return s
}

// Int returns an argument that must be a whole number. Done has the error where it is none.
func (c *Call) Int(i int, name string, otherwise int) int {
	value, ok := c.argument(i, name)
	if !ok {
		return otherwise
	}
	if u, ok := value.(*Undefined); ok {
		c.undefined(u)
		return 0
	}
	n, _, isInt, ok := number(value)
	if !ok || !isInt {
		c.failf("a whole number is needed%s, and this is %s", about(name), kindOf(value))
	}
	return n
}

// Bool returns whether an argument counts as true.
func (c *Call) Bool(i int, name string, otherwise bool) bool {
	value, ok := c.argument(i, name)
	if !ok {
		return otherwise
	}
	is, err := truth(value)
	if err != nil && c.err == nil {
		c.err = err
	}
	return is
}

// Items returns what iterating over an argument gives.
func (c *Call) Items(i int, name string) []any {
	value, _ := c.argument(i, name)
	all, err := items(value)
	if err != nil && c.err == nil {
		c.err = err
	}
	if err := c.charge(len(all)); err != nil {
		c.err = err
	}
	return all
}

// read counts what reading a text takes.
func (c *Call) read(s string) {
	if err := c.frame.run.charge(len(s) / 1024); err != nil && c.err == nil {
		c.err = err
	}
}

func (c *Call) undefined(u *Undefined) {
	if c.err == nil {
		c.err = u.err()
	}
}

func about(name string) string {
	if name == "" {
		return ""
	}
	return " for " + name
}

// Done returns the first error that an argument has, or that of an argument which nobody asked for.
func (c *Call) Done() error {
	switch {
	case c.err != nil:
		return c.err
	case len(c.Args) > c.used:
		return fmt.Errorf("it takes %d arguments at most, and %d are given", c.used, len(c.Args))
	case len(c.Named) > 0:
		return fmt.Errorf("it has no argument %s", c.Named[0].Name)
	}
	return nil
}

// charge and room count what the call takes.
func (c *Call) charge(steps int) error { return c.frame.run.charge(steps / 16) }
func (c *Call) room(bytes int) error   { return c.frame.run.room(bytes) }
