package jinja

import "strings"

// postfix parses attributes, items and calls behind a value.
func (p *parser) postfix(e expression) (expression, error) {
	for {
		t := p.current()
		var err error
		switch {
		case p.skip("."):
			e, err = p.attribute(e, t.at)
		case p.skip("["):
			e, err = p.items(e, t.at)
		case p.skip("("):
			e, err = p.call(e, t.at)
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) attribute(of expression, at int) (expression, error) {
	switch t := p.current(); t.kind {
	case name:
		p.at++
		return &attribute{of: of, name: t.text, at: t.at}, nil
	case integer:
		p.at++
		n, err := parseInteger(t)
		return &item{of: of, key: &constant{n}, at: at}, err
	}
	return nil, p.unexpected("a name")
}

// items parses the keys in brackets behind a value; several keys are a tuple.
func (p *parser) items(of expression, at int) (expression, error) {
	var keys []expression
	for !p.is("]") {
		if len(keys) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	switch len(keys) {
	case 0:
		return nil, p.unexpected("a key")
	case 1:
		return &item{of: of, key: keys[0], at: at}, p.expect("]")
	}
	return &item{of: of, key: &tupleLiteral{keys}, at: at}, p.expect("]")
}

// key parses a key, or a slice.
func (p *parser) key() (expression, error) {
	s := &slice{at: p.current().at}
	parts := []*expression{&s.from, &s.to, &s.step}
	for i, part := range parts {
		if !p.is(":") && !p.is("]") && !p.is(",") {
			var err error
			if *part, err = p.expression(true); err != nil {
				return nil, err
			}
		}
		if i == 2 || !p.skip(":") {
			if i == 0 && s.from != nil {
				return s.from, nil
			}
			return s, nil
		}
	}
	return s, nil
}

// call parses a call, behind its opening bracket.
func (p *parser) call(of expression, at int) (expression, error) {
	arguments, err := p.arguments()
	return &call{of: of, arguments: arguments, at: at}, err
}

// arguments parses the arguments of a call up to the closing bracket.
func (p *parser) arguments() (a arguments, err error) {
	for !p.is(")") {
		if !a.isEmpty() {
			if err := p.expect(","); err != nil {
				return a, err
			}
			if p.is(")") {
				break
			}
		}
		if err := p.argument(&a); err != nil {
			return a, err
		}
	}
	return a, p.expect(")")
}

func (p *parser) argument(a *arguments) (err error) {
	next := p.tokens[min(p.at+1, len(p.tokens)-1)]
	switch t := p.current(); {
	case p.skip("*") && a.rest == nil:
		a.rest, err = p.expression(true)
	case p.skip("**") && a.namedRest == nil:
		a.namedRest, err = p.expression(true)
	case t.kind == name && next.kind == operator && next.text == "=":
		p.at += 2
		var value expression
		value, err = p.expression(true)
		a.named = append(a.named, namedExpression{t.text, value})
	case len(a.named) > 0 || a.rest != nil || a.namedRest != nil:
		return fail(t.at, "an argument without a name follows one with a name")
	default:
		var value expression
		value, err = p.expression(true)
		a.plain = append(a.plain, value)
	}
	return err
}

// filters parses filters, tests and calls behind a value.
func (p *parser) filters(e expression) (expression, error) {
	for {
		t := p.current()
		var err error
		switch {
		case p.skip("|"):
			e, err = p.filter(e)
		case p.skipName("is"):
			e, err = p.test(e)
		case p.skip("("):
			e, err = p.call(e, t.at)
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// filter parses a filter behind its "|".
func (p *parser) filter(of expression) (expression, error) {
	f := &filter{of: of, at: p.current().at}
	var err error
	if f.name, err = p.dottedName(); err != nil {
		return nil, err
	}
	if p.skip("(") {
		if f.arguments, err = p.arguments(); err != nil {
			return nil, err
		}
	}
	p.checkFilter(f.at, f.name)
	return f, nil
}

// chain parses a chain of filters, the first without its "|".
func (p *parser) chain(of expression) (expression, error) {
	e, err := p.filter(of)
	for err == nil && p.skip("|") {
		e, err = p.filter(e)
	}
	return e, err
}

// test parses a test behind its "is".
func (p *parser) test(of expression) (expression, error) {
	negated := p.skipName("not")
	t := &test{of: of, at: p.current().at}
	var err error
	if t.name, err = p.dottedName(); err != nil {
		return nil, err
	}
	switch next := p.current(); {
	case p.skip("("):
		t.arguments, err = p.arguments()
	case next.kind == text || next.kind == integer || next.kind == float || p.is("[") || p.is("{") ||
		next.kind == name && !p.isName("else", "or", "and", "is", "if", "not", "in"):
		var argument expression
		if argument, err = p.primary(); err == nil {
			argument, err = p.postfix(argument)
		}
		t.arguments.plain = []expression{argument}
	}
	if err != nil {
		return nil, err
	}
	p.checkTest(t.at, t.name)
	if negated {
		return &not{t}, nil
	}
	return t, nil
}

func (p *parser) dottedName() (string, error) {
	t, err := p.expectKind(name)
	parts := []string{t.text}
	for err == nil && p.skip(".") {
		t, err = p.expectKind(name)
		parts = append(parts, t.text)
	}
	return strings.Join(parts, "."), err
}
