package jinja

import "errors"

// loopState is the variable "loop".
type loopState struct {
	loop  *loop
	items []any
	index int
	// depth counts the recursions around.
	depth int
	outer *frame
	// last is what changed was asked about before.
	last []any
}

func (l *loopState) attribute(name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return l.index + 1, true
	case "index0":
		return l.index, true
	case "revindex":
		return n - l.index, true
	case "revindex0":
		return n - l.index - 1, true
	case "first":
		return l.index == 0, true
	case "last":
		return l.index == n-1, true
	case "length":
		return n, true
	case "depth":
		return l.depth + 1, true
	case "depth0":
		return l.depth, true
	case "previtem":
		if l.index == 0 {
			return l.outer.undefined("there is no previous item"), true
		}
		return l.items[l.index-1], true
	case "nextitem":
		if l.index == n-1 {
			return l.outer.undefined("there is no next item"), true
		}
		return l.items[l.index+1], true
	case "cycle":
		return Function(l.cycle), true
	case "changed":
		return Function(l.changed), true
	}
	return nil, false
}

func (l *loopState) cycle(c *Call) (any, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("loop.cycle needs values to choose from")
	}
	return c.Args[l.index%len(c.Args)], nil
}

func (l *loopState) changed(c *Call) (any, error) {
	if l.last != nil {
		if same, err := c.frame.run.equal(Tuple(l.last), Tuple(c.Args)); same || err != nil {
			return false, err
		}
	}
	l.last = append([]any{}, c.Args...)
	return true, nil
}

// call is loop(…) in a recursive loop.
func (l *loopState) call(f *frame, c *Call) (any, error) {
	if !l.loop.recursive {
		return nil, errors.New("only a loop that is marked recursive can be called")
	}
	if len(c.Args) != 1 || len(c.Named) > 0 {
		return nil, errors.New("a loop is called with one value, what to iterate over")
	}
	inner, err := l.outer.deeper()
	if err != nil {
		return nil, err
	}
	inner.depth = f.depth + 1
	if _, err := inner.deeper(); err != nil {
		return nil, err
	}
	return inner.captured(func(f *frame) error { return l.loop.iterate(f, c.Args[0], l.depth+1) })
}
