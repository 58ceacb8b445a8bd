package jinja

import (
	"errors"
	"fmt"
)

// slice is the key of a[from:to:step].
type slice struct {
	from, to, step expression
	at             int
}

func (e *slice) eval(*frame) (any, error) {
	return nil, fail(e.at, "a slice must be alone in its brackets")
}

// of returns the part of a value.
func (e *slice) of(f *frame, value any) (any, error) {
	var all []any
	switch value.(type) {
	case string, *List, Tuple:
		all, _ = items(value)
	default:
		return nil, fail(e.at, "%s has no parts", kindOf(value))
	}
	indices, err := e.indices(f, len(all))
	if err != nil {
		return nil, at(e.at, err)
	}
	part := make([]any, len(indices))
	for i, index := range indices {
		part[i] = all[index]
	}
	if err := at(e.at, f.run.charge(len(part)/64)); err != nil {
		return nil, err
	}
	switch value.(type) {
	case string:
		joined := make([]byte, 0, len(part))
		for _, r := range part {
			joined = append(joined, r.(string)...) // items of a text are texts
		}
		return string(joined), nil
	case Tuple:
		return Tuple(part), nil
	}
	return &List{part}, nil
}

// indices are those of the part, in their order.
func (e *slice) indices(f *frame, n int) ([]int, error) {
	step, _, err := e.bound(f, e.step, 1)
	if err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, errors.New("the step of a slice cannot be zero")
	}
	first, last := 0, n
	if step < 0 {
		first, last = n-1, -1
	}
	from, given, err := e.bound(f, e.from, first)
	if err != nil {
		return nil, err
	}
	if given {
		from = clamp(from, n, step)
	}
	to, given, err := e.bound(f, e.to, last)
	if err != nil {
		return nil, err
	}
	if given {
		to = clamp(to, n, step)
	}
	var out []int
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		out = append(out, i)
		if step > n || step < -n {
			break // the next index could be too large a number
		}
	}
	return out, nil
}

// bound is a bound of the slice, and whether it is given.
func (e *slice) bound(f *frame, bound expression, otherwise int) (int, bool, error) {
	if bound == nil {
		return otherwise, false, nil
	}
	value, err := bound.eval(f)
	if err != nil || value == nil {
		return otherwise, false, err
	}
	if u, ok := value.(*Undefined); ok {
		return 0, false, u.err()
	}
	n, _, isInt, ok := number(value)
	if !ok || !isInt {
		return 0, false, fmt.Errorf("a slice needs whole numbers, and this is %s", kindOf(value))
	}
	return n, true, nil
}

// clamp brings an index into the bounds that a slice with a step has.
func clamp(i, n, step int) int {
	if i < 0 {
		i += n
	}
	if step > 0 {
		return min(max(i, 0), n)
	}
	return min(max(i, -1), n-1)
}
