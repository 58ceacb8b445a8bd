package jinja

import (
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// tags are those that begin a statement.
var tags = []string{
	"block", "call", "do", "extends", "filter", "for", "from", "if", "import", "include", "macro", "print", "set", "with",
}

// statement parses a statement whose name is the current token.
func (p *parser) statement() (statement, error) {
	t, err := p.expectKind(name)
	if err != nil {
		return nil, err
	}
	parse := map[string]func(at int) (statement, error){
		"block": p.blockStatement, "call": p.callStatement, "do": p.do, "extends": p.extends, "filter": p.filterStatement,
		"for": p.loop, "from": p.from, "if": p.condition, "import": p.importStatement, "include": p.include,
		"macro": p.macro, "print": p.print, "set": p.set, "with": p.with,
	}[t.text]
	switch {
	case parse != nil:
		return parse(t.at)
	case t.text == "autoescape" || t.text == "break" || t.text == "continue" || t.text == "trans" || t.text == "debug":
		return nil, fail(t.at, "the tag %q is not supported", t.text)
	}
	return nil, fail(t.at, "there is no tag %q%s", t.text, strings.ReplaceAll(diagnostic.DidYouMean(t.text, tags), "%", "%%"))
}

// end ends a tag.
func (p *parser) end() error {
	_, err := p.expectKind(blockEnd)
	return err
}

func (p *parser) print(int) (statement, error) {
	e, err := p.tuple(tupleOptions{conditional: true})
	if err != nil {
		return nil, err
	}
	return &print{e}, p.end()
}

func (p *parser) do(int) (statement, error) {
	e, err := p.tuple(tupleOptions{conditional: true})
	if err != nil {
		return nil, err
	}
	return &do{e}, p.end()
}

func (p *parser) condition(int) (statement, error) {
	s := &condition{}
	for {
		test, err := p.tuple(tupleOptions{})
		if err != nil {
			return nil, err
		}
		known := len(p.unknown)
		body, end, err := p.block("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		s.branches = append(s.branches, branch{test, body})
		if end == "else" {
			if s.otherwise, end, err = p.block("endif"); err != nil {
				return nil, err
			}
		}
		p.unknown = p.unknown[:known]
		if end == "endif" {
			return s, p.end()
		}
	}
}

func (p *parser) loop(at int) (statement, error) {
	s := &loop{at: at}
	var err error
	if s.target, err = p.target("in"); err != nil {
		return nil, err
	}
	if err = p.expectWord("in"); err != nil {
		return nil, err
	}
	if s.over, err = p.tuple(tupleOptions{until: "recursive"}); err != nil {
		return nil, err
	}
	if p.skipName("if") {
		if s.test, err = p.expression(true); err != nil {
			return nil, err
		}
	}
	s.recursive = p.skipName("recursive")
	var end string
	if s.body, end, err = p.block("else", "endfor"); err == nil && end == "else" {
		s.otherwise, _, err = p.block("endfor")
	}
	if err != nil {
		return nil, err
	}
	return s, p.end()
}

// target parses what a value is assigned to: a name, an attribute of a namespace, or several of them.
func (p *parser) target(until string) (target, error) {
	var targets []target
	for {
		if p.endsTuple(until) && len(targets) > 0 {
			return &targetList{targets}, nil
		}
		one, err := p.singleTarget()
		if err != nil {
			return nil, err
		}
		if targets = append(targets, one); p.skip(",") {
			if p.is("=") {
				return &targetList{targets}, nil
			}
			continue
		}
		if len(targets) == 1 {
			return one, nil
		}
		return &targetList{targets}, nil
	}
}

func (p *parser) singleTarget() (target, error) {
	if p.skip("(") {
		inner, err := p.target("")
		if err == nil {
			err = p.expect(")")
		}
		return inner, err
	}
	t, err := p.expectKind(name)
	if err != nil {
		return nil, err
	}
	if _, isConstant := constants[t.text]; isConstant {
		return nil, fail(t.at, "%s is a value and cannot be set", t.text)
	}
	if p.skip(".") {
		key, err := p.expectKind(name)
		return &targetAttribute{name: t.text, key: key.text, at: t.at}, err
	}
	return &targetName{name: t.text}, nil
}

func (p *parser) set(at int) (statement, error) {
	to, err := p.target("")
	if err != nil {
		return nil, err
	}
	if p.skip("=") {
		value, err := p.tuple(tupleOptions{conditional: true})
		if err != nil {
			return nil, err
		}
		return &set{to: to, value: value, at: at}, p.end()
	}
	s := &setBlock{to: to, at: at}
	if p.skip("|") {
		if s.filters, err = p.chain(captured{}); err != nil {
			return nil, err
		}
	}
	s.body, err = p.lastBlock("endset")
	return s, err
}

func (p *parser) with(int) (statement, error) {
	s := &with{}
	for p.current().kind != blockEnd {
		if len(s.values) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		to, err := p.singleTarget()
		if err == nil {
			err = p.expect("=")
		}
		if err != nil {
			return nil, err
		}
		value, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		s.targets, s.values = append(s.targets, to), append(s.values, value)
	}
	var err error
	s.body, err = p.lastBlock("endwith")
	return s, err
}

func (p *parser) filterStatement(at int) (statement, error) {
	s := &setBlock{at: at}
	var err error
	if s.filters, err = p.chain(captured{}); err != nil {
		return nil, err
	}
	s.body, err = p.lastBlock("endfilter")
	return s, err
}
