package expression

import "strings"

// node is a part of an expression's tree.
type node interface {
	evaluate(scope Scope) (Value, error)
}

type (
	literal  struct{ value Value }
	variable struct{ name string }
	input    struct{ name string }
	negation struct{ operand node }

	// operation has two operands.
	operation struct {
		offset      int
		left, right node
	}
	comparison struct {
		operation
		isNegated bool
	}
	match struct {
		operation
		isNegated bool
	}
	// logic is `&&` or `||`, whose value is the left one if that decides.
	logic struct {
		operation
		isOr bool
	}
)

// leaf is the node of a token that is a value.
func leaf(t token) (node, error) {
	switch t.symbol {
	case inputName:
		name := strings.TrimSuffix(strings.TrimPrefix(t.text, "$[["), "]]")
		return input{strings.TrimPrefix(strings.Trim(name, whitespace), "inputs.")}, nil
	case variableName:
		return variable{t.text[1:]}, nil
	case quotedText:
		return literal{Text(t.text[1 : len(t.text)-1])}, nil
	case booleanWord:
		return literal{Bool(t.text == "true")}, nil
	case patternText:
		pattern, err := compile(t.text)
		if err != nil {
			return nil, errorAt(t.offset, "the pattern is invalid: %s", err)
		}
		return literal{Value{kind: isPattern, pattern: pattern}}, nil
	default:
		return literal{}, nil
	}
}

// binary is the node of an operator with two operands.
func binary(t token, left, right node) node {
	o := operation{t.offset, left, right}
	switch t.symbol {
	case and, or:
		return logic{o, t.symbol == or}
	case matches, notMatches:
		return match{o, t.symbol == notMatches}
	default:
		return comparison{o, t.symbol == notEquals}
	}
}

func (n literal) evaluate(Scope) (Value, error) { return n.value, nil }

func (n variable) evaluate(scope Scope) (Value, error) {
	if value, ok := scope.Variables[n.name]; ok {
		return Text(value), nil
	}
	return Value{}, nil
}

func (n input) evaluate(scope Scope) (Value, error) { return scope.Inputs[n.name], nil }

func (n negation) evaluate(scope Scope) (Value, error) {
	value, err := n.operand.evaluate(scope)
	return Bool(!value.isPresent()), err
}

func (n logic) evaluate(scope Scope) (Value, error) {
	left, err := n.left.evaluate(scope)
	if err != nil || left.isTrue() == n.isOr {
		return left, err
	}
	return n.right.evaluate(scope)
}

// operands are the values of both sides.
func (o operation) operands(scope Scope) (left, right Value, err error) {
	if left, err = o.left.evaluate(scope); err != nil {
		return left, right, err
	}
	right, err = o.right.evaluate(scope)
	return left, right, err
}

func (n comparison) evaluate(scope Scope) (Value, error) {
	left, right, err := n.operands(scope)
	if err != nil {
		return Value{}, err
	}
	if left.kind == isPattern && right.kind != isPattern {
		return Value{}, errorAt(n.offset, "a pattern can only be compared with another pattern; use `=~` to match text")
	}
	return Bool(left.equals(right) != n.isNegated), nil
}

func (n match) evaluate(scope Scope) (Value, error) {
	left, right, err := n.operands(scope)
	if err != nil {
		return Value{}, err
	}
	if !right.isTrue() {
		return Bool(n.isNegated), nil
	}
	pattern, ok := right.asPattern()
	switch {
	case ok:
		return Bool(pattern.matches(left.String()) != n.isNegated), nil
	case right.kind == isText:
		// Ruby looks for the value in the text that is no pattern.
		return Bool(strings.Contains(right.text, left.String()) != n.isNegated), nil
	}
	return Value{}, errorAt(n.offset, "the right side must be a pattern or text, and is %s", right)
}
