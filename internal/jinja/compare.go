package jinja

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// comparison is one value compared with the next, and that with the one behind it.
type comparison struct {
	first expression
	rest  []compared
}

type compared struct {
	op      string
	at      int
	operand expression
}

func (e *comparison) eval(f *frame) (any, error) {
	left, err := e.first.eval(f)
	if err != nil {
		return nil, err
	}
	for _, c := range e.rest {
		right, err := c.operand.eval(f)
		if err != nil {
			return nil, err
		}
		ok, err := compare(c.op, left, right)
		if err != nil {
			return nil, at(c.at, err)
		}
		if !ok {
			return false, nil
		}
		left = right
	}
	return true, nil
}

func compare(op string, left, right any) (bool, error) {
	for _, value := range []any{left, right} {
		if u, ok := value.(*Undefined); ok && !u.lenient {
			return false, u.err()
		}
	}
	switch op {
	case "==":
		return equal(left, right), nil
	case "!=":
		return !equal(left, right), nil
	case "in":
		return contains(right, left)
	case "not in":
		ok, err := contains(right, left)
		return !ok, err
	}
	order, err := order(left, right)
	if err != nil {
		return false, fmt.Errorf("%w with %s", err, op)
	}
	switch op {
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	}
	return order >= 0, nil
}

func equal(a, b any) bool { return equalWithin(a, b, maxNestedValues) }

func equalWithin(a, b any, depth int) bool {
	if depth == 0 {
		return false
	}
	n, x, nInt, aOK := number(a)
	m, y, mInt, bOK := number(b)
	if aOK || bOK {
		return aOK && bOK && (nInt && mInt && n == m || !(nInt && mInt) && x == y)
	}
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b
	case *List:
		b, ok := b.(*List)
		return ok && equalItems(a.Items, b.Items, depth)
	case Tuple:
		b, ok := b.(Tuple)
		return ok && equalItems(a, b, depth)
	case *Dict:
		b, ok := b.(*Dict)
		return ok && equalDicts(a, b, depth)
	case *Undefined:
		_, ok := b.(*Undefined)
		return ok
	case Function:
		return false
	}
	if _, ok := b.(Tuple); ok {
		return false
	}
	if _, ok := b.(Function); ok {
		return false
	}
	return a == b
}

func equalItems(a, b []any, depth int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equalWithin(a[i], b[i], depth-1) {
			return false
		}
	}
	return true
}

func equalDicts(a, b *Dict, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, key := range a.keys {
		x, _ := a.Get(key)
		y, ok := b.Get(key)
		if !ok || !equalWithin(x, y, depth-1) {
			return false
		}
	}
	return true
}

func contains(all, value any) (bool, error) {
	switch all := all.(type) {
	case string:
		s, ok := value.(string)
		if !ok {
			return false, fmt.Errorf("only a text can be in a text, and this is %s", kindOf(value))
		}
		return strings.Contains(all, s), nil
	case *Dict:
		_, ok := all.Get(value)
		return ok, nil
	}
	list, err := items(all)
	for _, item := range list {
		if u, ok := item.(*Undefined); ok && !u.lenient {
			return false, u.err()
		}
		if equal(item, value) {
			return true, nil
		}
	}
	return false, err
}

// order is negative where a stands before b, and positive behind it.
func order(a, b any) (int, error) { return orderWithin(a, b, maxNestedValues) }

func orderWithin(a, b any, depth int) (int, error) {
	if depth == 0 {
		return 0, errors.New("values stand too deep in one another to be compared")
	}
	n, x, nInt, aOK := number(a)
	m, y, mInt, bOK := number(b)
	switch {
	case aOK && bOK && nInt && mInt:
		return cmp.Compare(n, m), nil
	case aOK && bOK:
		return cmp.Compare(x, y), nil
	}
	switch s := a.(type) {
	case string:
		if t, ok := b.(string); ok {
			return strings.Compare(s, t), nil
		}
	case *List:
		if t, ok := b.(*List); ok {
			return orderItems(s.Items, t.Items, depth)
		}
	case Tuple:
		if t, ok := b.(Tuple); ok {
			return orderItems(s, t, depth)
		}
	}
	return 0, fmt.Errorf("%s and %s cannot be compared", kindOf(a), kindOf(b))
}

func orderItems(a, b []any, depth int) (int, error) {
	for i := range min(len(a), len(b)) {
		if equalWithin(a[i], b[i], depth-1) {
			continue
		}
		return orderWithin(a[i], b[i], depth-1)
	}
	return cmp.Compare(len(a), len(b)), nil
}
