package jinja

import "slices"

func (p *parser) macro(int) (statement, error) {
	t, err := p.expectKind(name)
	if err != nil {
		return nil, err
	}
	s := &macroStatement{name: t.text, at: t.at}
	if err = p.expect("("); err != nil {
		return nil, err
	}
	if s.parameters, err = p.parameters(); err != nil {
		return nil, err
	}
	err = p.macroBody(s, "endmacro")
	return s, err
}

// parameters parses the parameters of a macro, behind its opening bracket.
func (p *parser) parameters() (list []parameter, err error) {
	for !p.is(")") {
		if len(list) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		t, err := p.expectKind(name)
		if err != nil {
			return nil, err
		}
		one := parameter{name: t.text}
		if p.skip("=") {
			if one.otherwise, err = p.expression(true); err != nil {
				return nil, err
			}
		} else if len(list) > 0 && list[len(list)-1].otherwise != nil {
			return nil, fail(t.at, "%s has no default, but follows a parameter that has one", t.text)
		}
		list = append(list, one)
	}
	return list, p.expect(")")
}

func (p *parser) callStatement(at int) (statement, error) {
	s := &callStatement{caller: macroStatement{name: "caller", at: at}}
	var err error
	if p.skip("(") {
		if s.caller.parameters, err = p.parameters(); err != nil {
			return nil, err
		}
	}
	e, err := p.expression(true)
	if err != nil {
		return nil, err
	}
	var isCall bool
	if s.call, isCall = e.(*call); !isCall {
		return nil, fail(at, "a call block needs the call of a macro")
	}
	err = p.macroBody(&s.caller, "endcall")
	return s, err
}

// macroBody parses the body of a macro, and records which of the special variables it uses: they decide what the macro
// may be called with.
func (p *parser) macroBody(m *macroStatement, end string) (err error) {
	before := len(p.names)
	m.body, err = p.lastBlock(end)
	m.usesCaller = slices.Contains(p.names[before:], "caller")
	m.usesRest = slices.Contains(p.names[before:], "varargs")
	m.usesNamedRest = slices.Contains(p.names[before:], "kwargs")
	return err
}

func (p *parser) blockStatement(at int) (statement, error) {
	t, err := p.expectKind(name)
	if err != nil {
		return nil, err
	}
	b := &block{name: t.text, at: at, scoped: p.skipName("scoped")}
	b.required = p.skipName("required")
	if p.template.blocks[b.name] != nil {
		return nil, fail(t.at, "the block %q is defined twice", b.name)
	}
	p.template.blocks[b.name] = b
	if _, err = p.expectKind(blockEnd); err == nil {
		b.body, _, err = p.statements("endblock")
	}
	if err != nil {
		return nil, err
	}
	p.skipName(b.name)
	return &blockPlace{b}, p.end()
}

func (p *parser) extends(at int) (statement, error) {
	e, err := p.expression(true)
	if err != nil {
		return nil, err
	}
	return &extends{parent: e, at: at}, p.end()
}

func (p *parser) include(at int) (statement, error) {
	e, err := p.expression(true)
	if err != nil {
		return nil, err
	}
	s := &include{template: e, at: at, withContext: true}
	if p.isName("ignore") {
		p.at++
		if err := p.expectWord("missing"); err != nil {
			return nil, err
		}
		s.ignoreMissing = true
	}
	s.withContext = p.context(true)
	return s, p.end()
}

// context parses "with context" and "without context".
func (p *parser) context(otherwise bool) bool {
	next := p.tokens[min(p.at+1, len(p.tokens)-1)]
	if !p.isName("with", "without") || next.kind != name || next.text != "context" {
		return otherwise
	}
	with := p.current().text == "with"
	p.at += 2
	return with
}

func (p *parser) importStatement(at int) (statement, error) {
	e, err := p.expression(true)
	if err == nil {
		err = p.expectWord("as")
	}
	if err != nil {
		return nil, err
	}
	t, err := p.expectKind(name)
	if err != nil {
		return nil, err
	}
	return &importStatement{template: e, as: t.text, withContext: p.context(false), at: at}, p.end()
}

func (p *parser) from(at int) (statement, error) {
	e, err := p.expression(true)
	if err == nil {
		err = p.expectWord("import")
	}
	if err != nil {
		return nil, err
	}
	s := &importStatement{template: e, at: at}
	for {
		t, err := p.expectKind(name)
		if err != nil {
			return nil, err
		}
		one := imported{name: t.text, as: t.text, at: t.at}
		if p.skipName("as") {
			if t, err = p.expectKind(name); err != nil {
				return nil, err
			}
			one.as = t.text
		}
		s.names = append(s.names, one)
		comma := p.skip(",")
		if next := p.tokens[min(p.at+1, len(p.tokens)-1)]; p.isName("with", "without") && next.text == "context" {
			s.withContext = p.context(false)
			return s, p.end()
		}
		if !comma || p.current().kind == blockEnd {
			return s, p.end()
		}
	}
}
