package jinja

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

type concatenation struct {
	parts []expression
	at    int
}

func (e *concatenation) eval(f *frame) (any, error) {
	var out strings.Builder
	for _, part := range e.parts {
		value, err := part.eval(f)
		if err != nil {
			return nil, err
		}
		printed, err := str(value)
		if err == nil {
			err = f.run.room(out.Len() + len(printed))
		}
		if err != nil {
			return nil, at(place(part, e.at), err)
		}
		out.WriteString(printed)
	}
	return out.String(), nil
}

type sign struct {
	operand  expression
	at       int
	negative bool
}

func (e *sign) eval(f *frame) (any, error) {
	value, err := e.operand.eval(f)
	if err != nil {
		return nil, err
	}
	if u, ok := value.(*Undefined); ok {
		return nil, at(e.at, u.err())
	}
	n, x, isInt, ok := number(value)
	switch {
	case !ok:
		return nil, fail(e.at, "%s is no number", kindOf(value))
	case e.negative && isInt:
		return -n, nil
	case e.negative:
		return -x, nil
	case isInt:
		return n, nil
	}
	return x, nil
}

type arithmetic struct {
	op          string
	left, right expression
	at          int
}

func (e *arithmetic) eval(f *frame) (any, error) {
	left, err := e.left.eval(f)
	if err != nil {
		return nil, err
	}
	right, err := e.right.eval(f)
	if err != nil {
		return nil, err
	}
	for _, operand := range []struct {
		value any
		of    expression
	}{{left, e.left}, {right, e.right}} {
		if u, ok := operand.value.(*Undefined); ok {
			return nil, at(place(operand.of, e.at), u.err())
		}
	}
	value, err := f.run.calculate(e.op, left, right)
	return value, at(e.at, err)
}

// calculate does what Python does with two values and an operator.
func (r *run) calculate(op string, left, right any) (any, error) {
	a, x, aInt, aOK := number(left)
	b, y, bInt, bOK := number(right)
	switch {
	case aOK && bOK && aInt && bInt:
		return integers(op, a, b)
	case aOK && bOK:
		return floats(op, x, y)
	case op == "+":
		return r.join(left, right)
	case op == "*" && bOK && bInt:
		return r.repeat(left, b)
	case op == "*" && aOK && aInt:
		return r.repeat(right, a)
	case op == "%":
		if format, ok := left.(string); ok {
			return r.percent(format, right)
		}
	}
	return nil, fmt.Errorf("%s and %s have no %s", kindOf(left), kindOf(right), op)
}

// join joins two texts or two lists.
func (r *run) join(left, right any) (any, error) {
	switch a := left.(type) {
	case string:
		if b, ok := right.(string); ok {
			return a + b, r.room(len(a) + len(b))
		}
	case *List:
		if b, ok := right.(*List); ok {
			return &List{append(append([]any{}, a.Items...), b.Items...)}, r.charge(len(a.Items) + len(b.Items))
		}
	case Tuple:
		if b, ok := right.(Tuple); ok {
			return append(append(Tuple{}, a...), b...), r.charge(len(a) + len(b))
		}
	}
	return nil, fmt.Errorf("%s and %s cannot be joined with +; ~ turns both into text", kindOf(left), kindOf(right))
}

// repeat repeats a text or a list.
func (r *run) repeat(value any, times int) (any, error) {
	times = max(times, 0)
	switch v := value.(type) {
	case string:
		if len(v) > 0 && times > r.limits.Bytes/len(v) {
			return nil, r.room(-1)
		}
		return strings.Repeat(v, times), nil
	case *List, Tuple:
		all, _ := items(v)
		if len(all) == 0 {
			times = 0
		} else if times > r.limits.Steps/len(all) {
			return nil, r.charge(r.limits.Steps)
		}
		var out []any
		for range times {
			out = append(out, all...)
		}
		if _, isTuple := v.(Tuple); isTuple {
			return Tuple(out), r.charge(len(out))
		}
		return &List{out}, r.charge(len(out))
	}
	return nil, fmt.Errorf("%s cannot be repeated", kindOf(value))
}

func integers(op string, a, b int) (any, error) {
	switch op {
	case "+":
		return a + b, fits((a+b > a) == (b > 0))
	case "-":
		return a - b, fits((a-b < a) == (b > 0))
	case "*":
		return a * b, fits(a == 0 || b == 0 || (a*b/b == a && (a != -1 || b != math.MinInt) && (b != -1 || a != math.MinInt)))
	case "**":
		if b < 0 {
			return floats(op, float64(a), float64(b))
		}
		return power(a, b)
	}
	if b == 0 {
		return nil, fmt.Errorf("%d is divided by zero", a)
	}
	switch op {
	case "/":
		return float64(a) / float64(b), nil
	case "//":
		if a%b != 0 && (a < 0) != (b < 0) {
			return a/b - 1, nil
		}
		return a / b, fits(a != math.MinInt || b != -1)
	}
	if a%b != 0 && (a < 0) != (b < 0) {
		return a%b + b, nil
	}
	return a % b, nil
}

// fits is the error of a whole number that is too large for ours.
func fits(ok bool) error {
	if !ok {
		return errors.New("the number is too large")
	}
	return nil
}

func power(a, b int) (any, error) {
	if a == 0 || a == 1 || a == -1 {
		if b == 0 || a == 1 || b%2 == 0 && a == -1 {
			return 1, nil
		}
		return a, nil
	}
	out := 1
	for range b {
		next := out * a
		if next/a != out {
			return nil, fits(false)
		}
		out = next
	}
	return out, nil
}

func floats(op string, x, y float64) (any, error) {
	switch op {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "**":
		if x == 0 && y < 0 || x < 0 && y != math.Trunc(y) {
			return nil, fmt.Errorf("%s ** %s is no real number", formatFloat(x), formatFloat(y))
		}
		return math.Pow(x, y), nil
	}
	if y == 0 {
		return nil, fmt.Errorf("%s is divided by zero", formatFloat(x))
	}
	switch op {
	case "/":
		return x / y, nil
	case "//":
		return math.Floor(x / y), nil
	}
	rest := math.Mod(x, y)
	if rest != 0 && (rest < 0) != (y < 0) {
		rest += y
	}
	return rest, nil
}
