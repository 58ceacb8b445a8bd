package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// numberFilter returns a filter about numbers, or nil.
func numberFilter(name string) Function {
	switch name {
	case "abs":
		return filterAbs
	case "int":
		return filterInt
	case "float":
		return filterFloat
	case "round":
		return filterRound
	}
	return nil
}

func filterAbs(c *Call) (any, error) {
	value := c.Value(0, "", nil)
	n, x, isInt, ok := number(value)
	switch {
	case !ok:
		return nil, fmt.Errorf("it needs a number, and this is %s", kindOf(value))
	case isInt:
		return max(n, -n), c.Done()
	}
	return math.Abs(x), c.Done()
}

func filterInt(c *Call) (any, error) {
	value, otherwise, base := c.Value(0, "", nil), c.Value(1, "default", 0), c.Int(2, "base", 10)
	if err := c.Done(); err != nil {
		return nil, err
	}
	n, x, isInt, ok := number(value)
	switch {
	case ok && isInt:
		return n, nil
	case ok && math.Abs(x) < 1<<62:
		return int(x), nil
	}
	s, isText := value.(string)
	if !isText {
		return otherwise, nil
	}
	s = strings.ReplaceAll(strings.TrimFunc(s, isSpace), "_", "")
	prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]
	if prefix != "" && strings.HasPrefix(strings.ToLower(s), prefix) {
		s = s[2:]
	}
	if n, err := strconv.ParseInt(s, base, 64); err == nil {
		return int(n), nil
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(x) < 1<<62 && !strings.ContainsAny(s, "xXpP") {
		return int(x), nil
	}
	return otherwise, nil
}

func filterFloat(c *Call) (any, error) {
	value, otherwise := c.Value(0, "", nil), c.Value(1, "default", 0.0)
	if err := c.Done(); err != nil {
		return nil, err
	}
	if _, x, _, ok := number(value); ok {
		return x, nil
	}
	if s, ok := value.(string); ok {
		if x, err := strconv.ParseFloat(strings.TrimFunc(s, isSpace), 64); err == nil && !strings.ContainsAny(s, "xXpP") {
			return x, nil
		}
	}
	return otherwise, nil
}

func filterRound(c *Call) (any, error) {
	value, precision, method := c.Value(0, "", nil), c.Int(1, "precision", 0), c.Text(2, "method", "common")
	if err := c.Done(); err != nil {
		return nil, err
	}
	n, x, isInt, ok := number(value)
	if !ok {
		return nil, fmt.Errorf("it needs a number, and this is %s", kindOf(value))
	}
	scale := math.Pow(10, float64(precision))
	switch method {
	case "common":
		if isInt && precision >= 0 {
			return n, nil
		}
		if precision < 0 || precision > 300 {
			rounded := math.RoundToEven(x*scale) / scale
			if isInt {
				return int(rounded), nil
			}
			return rounded, nil
		}
		rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', precision, 64), 64)
		return rounded, err
	case "ceil":
		return math.Ceil(x*scale) / scale, nil
	case "floor":
		return math.Floor(x*scale) / scale, nil
	}
	return nil, fmt.Errorf(`the method is "common", "ceil" or "floor", and not %q`, method)
}
