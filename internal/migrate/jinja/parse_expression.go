package jinja

import "slices"

// expression parses an expression, with "a if b else c" where that is allowed.
func (p *parser) expression(conditional bool) (expression, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer p.leave()
	if !conditional {
		return p.or()
	}
	return p.choice()
}

// choice parses "a if b else c".
func (p *parser) choice() (expression, error) {
	known := len(p.unknown)
	e, err := p.or()
	for err == nil && p.isName("if") {
		c := &choice{at: p.take().at, then: e}
		if c.test, err = p.or(); err == nil && p.skipName("else") {
			c.otherwise, err = p.expression(true)
		}
		p.unknown, e = p.unknown[:known], c
	}
	return e, err
}

func (p *parser) or() (expression, error) {
	return p.logic("or", func() (expression, error) {
		return p.logic("and", p.not)
	})
}

func (p *parser) logic(word string, operand func() (expression, error)) (expression, error) {
	left, err := operand()
	for err == nil && p.skipName(word) {
		var right expression
		if right, err = operand(); err == nil {
			left = &logic{left: left, right: right, isOr: word == "or"}
		}
	}
	return left, err
}

func (p *parser) not() (expression, error) {
	if !p.isName("not") {
		return p.comparison()
	}
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.at++
	e, err := p.not()
	return &not{e}, err
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

func (p *parser) comparison() (expression, error) {
	first, err := p.sum()
	if err != nil {
		return nil, err
	}
	c := &comparison{first: first}
	for {
		t := p.current()
		var op string
		switch {
		case t.kind == operator && slices.Contains(comparisons, t.text):
			op = t.text
			p.at++
		case p.isName("in"):
			op = "in"
			p.at++
		case p.isName("not") && p.tokens[p.at+1].kind == name && p.tokens[p.at+1].text == "in":
			op = "not in"
			p.at += 2
		case len(c.rest) == 0:
			return first, nil
		default:
			return c, nil
		}
		operand, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.rest = append(c.rest, compared{op, t.at, operand})
	}
}

// sum parses + and -, whose operands are joined with ~ first.
func (p *parser) sum() (expression, error) {
	return p.binary([]string{"+", "-"}, p.concatenation)
}

func (p *parser) concatenation() (expression, error) {
	first, err := p.product()
	if err != nil || !p.is("~") {
		return first, err
	}
	c := &concatenation{at: p.current().at, parts: []expression{first}}
	for p.skip("~") {
		part, err := p.product()
		if err != nil {
			return nil, err
		}
		c.parts = append(c.parts, part)
	}
	return c, nil
}

func (p *parser) product() (expression, error) {
	return p.binary([]string{"*", "/", "//", "%"}, p.power)
}

func (p *parser) power() (expression, error) {
	return p.binary([]string{"**"}, func() (expression, error) { return p.unary(true) })
}

func (p *parser) binary(ops []string, operand func() (expression, error)) (expression, error) {
	left, err := operand()
	for err == nil && p.current().kind == operator && slices.Contains(ops, p.current().text) {
		op := p.take()
		var right expression
		if right, err = operand(); err == nil {
			left = &arithmetic{op: op.text, at: op.at, left: left, right: right}
		}
	}
	return left, err
}

// unary parses a sign, or a value with its postfix operators.
func (p *parser) unary(withFilters bool) (e expression, err error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer p.leave()
	if t := p.current(); p.is("-") || p.is("+") {
		p.at++
		operand, err := p.unary(false)
		if err != nil {
			return nil, err
		}
		e = &sign{operand: operand, at: t.at, negative: t.text == "-"}
	} else if e, err = p.primary(); err != nil {
		return nil, err
	}
	if e, err = p.postfix(e); err != nil || !withFilters {
		return e, err
	}
	return p.filters(e)
}
