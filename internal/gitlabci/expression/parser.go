package expression

// GitLab orders the tokens with the shunting-yard algorithm and then builds the tree from the result alone. It does not check
// the position of an operator among its operands: `$A $B ==` is `$A == $B`.

// precedence orders the operators: an operator takes those on the stack that have at most its own precedence.
var precedence = map[symbol]int{
	not: 1, equals: 10, matches: 10, notEquals: 10, notMatches: 10, and: 11, or: 12, parenthesisClose: 900, parenthesisOpen: 901,
}

// parse builds the tree of an expression.
func parse(tokens []token) (node, error) {
	ordered, err := postfix(tokens)
	if err != nil {
		return nil, err
	}
	var b builder
	for _, t := range ordered {
		if err := b.add(t); err != nil {
			return nil, err
		}
	}
	switch len(b.nodes) {
	case 0:
		return nil, errorAt(0, "the expression is empty")
	case 1:
		return b.nodes[0], nil
	}
	return nil, errorAt(unconnected(tokens), "an operator is missing before this value")
}

// unconnected is the place of the first value that follows another without an operator.
func unconnected(tokens []token) int {
	for i, t := range tokens[1:] {
		before := tokens[i]
		if (before.isValue() || before.symbol == parenthesisClose) && (t.isValue() || t.symbol == parenthesisOpen || t.symbol == not) {
			return t.offset
		}
	}
	return tokens[0].offset
}

// postfix puts each operator after its operands.
func postfix(tokens []token) ([]token, error) {
	var output, operators []token
	pop := func(above int) {
		for len(operators) > 0 && precedence[operators[len(operators)-1].symbol] <= above {
			output = append(output, operators[len(operators)-1])
			operators = operators[:len(operators)-1]
		}
	}
	for _, t := range tokens {
		switch t.symbol {
		case equals, matches, notEquals, notMatches, and, or:
			pop(precedence[t.symbol])
			operators = append(operators, t)
		case not, parenthesisOpen:
			operators = append(operators, t)
		case parenthesisClose:
			pop(precedence[t.symbol])
			if len(operators) == 0 {
				return nil, errorAt(t.offset, "`)` without `(`")
			}
			operators = operators[:len(operators)-1]
		case inputName, variableName, quotedText, patternText, nullWord, booleanWord:
			output = append(output, t)
		}
	}
	for i := len(operators) - 1; i >= 0; i-- {
		output = append(output, operators[i])
	}
	return output, nil
}

// builder builds the tree from tokens in postfix order.
type builder struct{ nodes []node }

func (b *builder) add(t token) error {
	switch t.symbol {
	case parenthesisOpen:
		return errorAt(t.offset, "`(` without `)`")
	case not:
		operand, ok := b.pop()
		if !ok {
			return errorAt(t.offset, "`!` without a value")
		}
		b.push(negation{operand})
		return nil
	case equals, matches, notEquals, notMatches, and, or:
		right, hasRight := b.pop()
		left, hasLeft := b.pop()
		if !hasLeft || !hasRight {
			return errorAt(t.offset, "`%s` needs a value on both sides", t.text)
		}
		b.push(binary(t, left, right))
		return nil
	case parenthesisClose, inputName, variableName, quotedText, patternText, nullWord, booleanWord:
	}
	leaf, err := leaf(t)
	if err != nil {
		return err
	}
	b.push(leaf)
	return nil
}

func (b *builder) push(n node) { b.nodes = append(b.nodes, n) }

func (b *builder) pop() (node, bool) {
	if len(b.nodes) == 0 {
		return nil, false
	}
	last := b.nodes[len(b.nodes)-1]
	b.nodes = b.nodes[:len(b.nodes)-1]
	return last, true
}
