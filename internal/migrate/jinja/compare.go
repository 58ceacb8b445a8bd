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
		ok, err := f.run.compare(c.op, left, right)
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

func (r *run) compare(op string, left, right any) (bool, error) {
	for _, value := range []any{left, right} {
		if u, ok := value.(*Undefined); ok && !u.lenient {
			return false, u.err()
		}
	}
	switch op {
	case "==":
		return r.equal(left, right)
	case "!=":
		same, err := r.equal(left, right)
		return !same, err
	case "in":
		return r.contains(right, left)
	case "not in":
		ok, err := r.contains(right, left)
		return !ok, err
	}
	order, err := r.order(left, right)
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

// equal is whether two values are the same.
func (r *run) equal(a, b any) (bool, error) {
	j := &judge{run: r}
	same := j.equal(a, b, maxNestedValues)
	return same, j.err
}

// judge compares two values, and counts what that takes.
type judge struct {
	run   *run
	nodes int
	err   error
}

// visit counts a value; false says that too many were looked at.
func (j *judge) visit(cost int) bool {
	if j.nodes += 1 + cost; j.err == nil && j.nodes >= 16 {
		j.err = j.run.charge(j.nodes / 16)
		j.nodes %= 16
	}
	return j.err == nil
}

func (j *judge) equal(a, b any, depth int) bool {
	if depth == 0 || !j.visit(0) {
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
		return ok && j.visit(min(len(a), len(b))/64) && a == b
	case *List:
		b, ok := b.(*List)
		return ok && (a == b || j.equalItems(a.Items, b.Items, depth))
	case Tuple:
		b, ok := b.(Tuple)
		return ok && j.equalItems(a, b, depth)
	case *Dict:
		b, ok := b.(*Dict)
		return ok && (a == b || j.equalDicts(a, b, depth))
	case *Undefined:
		_, ok := b.(*Undefined)
		return ok
	case Function:
		return false
	}
	switch b.(type) {
	case Tuple, Function:
		return false
	}
	return a == b
}

func (j *judge) equalItems(a, b []any, depth int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !j.equal(a[i], b[i], depth-1) {
			return false
		}
	}
	return true
}

func (j *judge) equalDicts(a, b *Dict, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, key := range a.keys {
		x, _ := a.Get(key)
		y, ok := b.Get(key)
		if !ok || !j.equal(x, y, depth-1) {
			return false
		}
	}
	return true
}

func (r *run) contains(all, value any) (bool, error) {
	switch all := all.(type) {
	case string:
		s, ok := value.(string)
		if !ok {
			return false, fmt.Errorf("only a text can be in a text, and this is %s", kindOf(value))
		}
		return strings.Contains(all, s), r.charge(len(all) / 1024)
	case *Dict:
		_, ok := all.Get(value)
		return ok, nil
	}
	list, err := items(all)
	if err != nil {
		return false, err
	}
	i, err := r.indexOf(list, value)
	return i >= 0, err
}

// indexOf is where a list has an item, or -1.
func (r *run) indexOf(list []any, value any) (int, error) {
	for i, item := range list {
		if u, ok := item.(*Undefined); ok && !u.lenient {
			return -1, u.err()
		}
		if same, err := r.equal(item, value); same || err != nil {
			return i, err
		}
		if i%16 == 15 {
			if err := r.charge(1); err != nil {
				return -1, err
			}
		}
	}
	return -1, nil
}

// order is negative if a sorts before b, and positive if it sorts after b.
func (r *run) order(a, b any) (int, error) {
	j := &judge{run: r}
	result, err := j.order(a, b, maxNestedValues)
	if j.err != nil {
		err = j.err
	}
	return result, err
}

func (j *judge) order(a, b any, depth int) (int, error) {
	if depth == 0 {
		return 0, errors.New("the values are nested too deep to be compared")
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
			j.visit(min(len(s), len(t)) / 64)
			return strings.Compare(s, t), nil
		}
	case *List:
		if t, ok := b.(*List); ok {
			return j.orderItems(s.Items, t.Items, depth)
		}
	case Tuple:
		if t, ok := b.(Tuple); ok {
			return j.orderItems(s, t, depth)
		}
	}
	return 0, fmt.Errorf("%s and %s cannot be compared", kindOf(a), kindOf(b))
}

func (j *judge) orderItems(a, b []any, depth int) (int, error) {
	for i := range min(len(a), len(b)) {
		if !j.equal(a[i], b[i], depth-1) {
			return j.order(a[i], b[i], depth-1)
		}
	}
	return cmp.Compare(len(a), len(b)), nil
}
