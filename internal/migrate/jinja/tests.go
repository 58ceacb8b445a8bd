package jinja

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// test is a is name(…).
type test struct {
	of        expression
	name      string
	arguments arguments
	at        int
}

func (e *test) eval(f *frame) (any, error) {
	of, err := e.of.eval(f)
	if err != nil {
		return nil, err
	}
	c, err := e.arguments.eval(f, of)
	if err != nil {
		return nil, at(e.at, err)
	}
	ok, err := f.test(e.name, c)
	return ok, at(place(e.of, e.at), err)
}

// test calls a test.
func (f *frame) test(name string, c *Call) (bool, error) {
	c.frame = f
	judge := builtinTest(name)
	if judge == nil {
		return false, fmt.Errorf("%s", noTest(name))
	}
	if name == "filter" {
		return f.run.env.lookUpFilter(c.Text(0, "", "")) != nil, c.Done()
	}
	value := c.Value(0, "", nil)
	if u, ok := value.(*Undefined); ok && !u.lenient && needsValue(name) {
		return false, u.err()
	}
	ok, err := judge(c, value)
	if err == nil {
		err = c.Done()
	}
	if err != nil {
		return false, fmt.Errorf("is %s: %w", name, err)
	}
	return ok, nil
}

// needsValue reports whether a test looks into its value, so that one which does not exist is a mistake.
func needsValue(name string) bool {
	switch name {
	case "odd", "even", "divisibleby", "lower", "upper", "eq", "==", "equalto", "ne", "!=", "lt", "<", "lessthan", "le", "<=",
		"gt", ">", "greaterthan", "ge", ">=", "in":
		return true
	}
	return false
}

// testNames are the names of the tests.
var testNames = []string{
	"boolean", "callable", "defined", "divisibleby", "eq", "equalto", "escaped", "even", "false", "filter", "float", "ge", "gt",
	"in", "integer", "iterable", "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sameas", "sequence", "string",
	"test", "true", "undefined", "upper",
}

func noTest(name string) string {
	return fmt.Sprintf("there is no test %q%s", name, diagnostic.DidYouMean(name, testNames))
}

// comparisonTests are the tests that compare, with the operators that they mean.
var comparisonTests = map[string]string{
	"eq": "==", "equalto": "==", "==": "==", "ne": "!=", "!=": "!=", "lt": "<", "lessthan": "<", "<": "<", "le": "<=", "<=": "<=",
	"gt": ">", "greaterthan": ">", ">": ">", "ge": ">=", ">=": ">=", "in": "in",
}

// builtinTest returns a test, or nil.
func builtinTest(name string) func(c *Call, value any) (bool, error) {
	if op, ok := comparisonTests[name]; ok {
		return func(c *Call, value any) (bool, error) {
			other, given := c.argument(1, "")
			if !given {
				return false, errors.New("it needs a value to compare with")
			}
			return c.frame.run.compare(op, value, other)
		}
	}
	switch name {
	case "odd", "even", "divisibleby":
		return func(c *Call, value any) (bool, error) { return divides(c, name, value) }
	case "sameas":
		return func(c *Call, value any) (bool, error) {
			other := c.Value(1, "", nil)
			same, err := c.frame.run.equal(value, other)
			return same && kindOf(value) == kindOf(other), err
		}
	case "filter":
		return func(*Call, any) (bool, error) { return false, nil }
	case "test":
		return func(_ *Call, value any) (bool, error) {
			name, ok := value.(string)
			return ok && builtinTest(name) != nil, nil
		}
	}
	if judge := kindTest(name); judge != nil {
		return func(_ *Call, value any) (bool, error) { return judge(value), nil }
	}
	return nil
}

func divides(c *Call, name string, value any) (bool, error) {
	divisor := 2
	if name == "divisibleby" {
		divisor = c.Int(1, "num", 0)
	}
	_, x, _, ok := number(value)
	if !ok {
		return false, fmt.Errorf("it needs a number, and this is %s", kindOf(value))
	}
	if divisor == 0 {
		return false, errors.New("nothing is divided by zero")
	}
	rest := math.Mod(x, float64(divisor))
	if name == "odd" {
		return rest == 1 || rest == -1, nil
	}
	return rest == 0, nil
}

// kindTest returns a test about what a value is, or nil.
func kindTest(name string) func(value any) bool {
	switch name {
	case "defined", "undefined":
		return func(value any) bool {
			u, missing := value.(*Undefined)
			return (missing && !u.reported) == (name == "undefined")
		}
	case "none":
		return func(value any) bool { return value == nil }
	case "lower", "upper":
		return func(value any) bool { return hasCase(repr(value), value, name == "upper") }
	case "boolean", "true", "false", "integer", "float", "number", "string", "mapping":
		return func(value any) bool { return isKind(name, value) }
	case "sequence", "iterable":
		return func(value any) bool { _, err := items(value); return err == nil }
	case "callable":
		return func(value any) bool {
			switch value.(type) {
			case Function, *macro:
				return true
			}
			return false
		}
	case "escaped":
		return func(any) bool { return false }
	}
	return nil
}

func isKind(name string, value any) bool {
	kind := kindOf(value)
	switch name {
	case "boolean":
		return kind == "bool"
	case "true":
		return value == true
	case "false":
		return value == false
	case "integer":
		return kind == "int"
	case "number":
		return kind == "int" || kind == "float" || kind == "bool"
	case "string":
		return kind == "str"
	case "mapping":
		return kind == "dict"
	}
	return kind == name
}

// hasCase reports whether all letters of a printed value are capitals, or none of them, and there is one.
func hasCase(printed string, value any, upper bool) bool {
	if s, ok := value.(string); ok {
		printed = s
	}
	is, not := unicode.IsUpper, unicode.IsLower
	if !upper {
		is, not = not, is
	}
	return strings.ContainsFunc(printed, is) && !strings.ContainsFunc(printed, not)
}
