package jinja

import "strings"

// constants are the names that are values.
var constants = map[string]any{"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil}

// primary parses a value.
func (p *parser) primary() (expression, error) {
	t := p.current()
	switch t.kind {
	case name:
		p.at++
		if value, ok := constants[t.text]; ok {
			return &constant{value}, nil
		}
		p.names = append(p.names, t.text)
		return &variable{name: t.text, at: t.at}, nil
	case text:
		return p.text()
	case integer:
		p.at++
		n, err := parseInteger(t)
		return &constant{n}, err
	case float:
		p.at++
		n, err := parseFloat(t)
		return &constant{n}, err
	}
	switch {
	case p.skip("("):
		e, err := p.tuple(tupleOptions{conditional: true, empty: true})
		if err == nil {
			err = p.expect(")")
		}
		return e, err
	case p.skip("["):
		return p.list()
	case p.skip("{"):
		return p.dict()
	}
	return nil, p.unexpected("an expression")
}

// text parses adjacent strings, which are one string; so is a string in three quotes.
func (p *parser) text() (expression, error) {
	var whole strings.Builder
	for p.current().kind == text {
		part, err := unquote(p.take())
		if err != nil {
			return nil, err
		}
		whole.WriteString(part)
	}
	return &constant{whole.String()}, nil
}

func (p *parser) list() (expression, error) {
	l := &listLiteral{}
	for !p.is("]") {
		if len(l.items) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.is("]") {
				break
			}
		}
		item, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, item)
	}
	return l, p.expect("]")
}

func (p *parser) dict() (expression, error) {
	d := &dictLiteral{at: p.current().at}
	for !p.is("}") {
		if len(d.keys) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.is("}") {
				break
			}
		}
		key, err := p.expression(true)
		if err == nil {
			err = p.expect(":")
		}
		if err != nil {
			return nil, err
		}
		value, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		d.keys, d.values = append(d.keys, key), append(d.values, value)
	}
	return d, p.expect("}")
}

// tupleOptions say how a list of expressions without brackets may look.
type tupleOptions struct {
	// conditional allows "a if b else c".
	conditional bool
	// empty allows an empty list, which is the empty tuple.
	empty bool
	// until is a name that ends it.
	until string
}

// tuple parses expressions with commas between them, or one without.
func (p *parser) tuple(o tupleOptions) (expression, error) {
	var items []expression
	isTuple := false
	for !p.endsTuple(o.until) || len(items) == 0 && !o.empty {
		item, err := p.expression(o.conditional)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if !p.skip(",") {
			break
		}
		isTuple = true
	}
	if len(items) == 1 && !isTuple {
		return items[0], nil
	}
	return &tupleLiteral{items}, nil
}

func (p *parser) endsTuple(until string) bool {
	k := p.current().kind
	return k == variableEnd || k == blockEnd || p.is(")") || until != "" && p.isName(until)
}
