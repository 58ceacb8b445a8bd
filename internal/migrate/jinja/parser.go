package jinja

import (
	"slices"
	"strings"
)

// maxNesting bounds how deep brackets, signs and blocks may be nested.
const maxNesting = 100

// parser turns tokens into a tree, by recursive descent.
type parser struct {
	template *Template
	tokens   []token
	at       int
	depth    int
	// unknown are the filters and tests that nobody knows. Those under a condition are forgotten again: as in Jinja2, they
	// are a mistake only where they are used.
	unknown Errors
	// names are the variables met so far.
	names []string
}

func (p *parser) current() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != eof {
		p.at++
	}
	return t
}

// is reports whether the current token is an operator.
func (p *parser) is(op string) bool { return p.current().kind == operator && p.current().text == op }

// isName reports whether the current token is one of some names.
func (p *parser) isName(names ...string) bool {
	return p.current().kind == name && slices.Contains(names, p.current().text)
}

// skip takes the current token if it is an operator.
func (p *parser) skip(op string) bool {
	if p.is(op) {
		p.at++
		return true
	}
	return false
}

// skipName takes the current token if it is a name.
func (p *parser) skipName(word string) bool {
	if p.isName(word) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(op string) error {
	if p.skip(op) {
		return nil
	}
	return p.unexpected("%q", op)
}

func (p *parser) expectWord(word string) error {
	if p.skipName(word) {
		return nil
	}
	return p.unexpected("%q", word)
}

func (p *parser) expectKind(k kind) (token, error) {
	if p.current().kind == k {
		return p.take(), nil
	}
	return token{}, p.unexpected("%s", kindNames[k])
}

var kindNames = map[kind]string{
	eof: "the end of the template", data: "text", variableBegin: "{{", variableEnd: "}}", blockBegin: "{%", blockEnd: "%}",
	name: "a name", integer: "a number", float: "a number", text: "a string", operator: "an operator",
}

// unexpected returns the error for a token where another is needed.
func (p *parser) unexpected(format string, args ...any) error {
	t := p.current()
	found := kindNames[t.kind]
	switch t.kind {
	case name, operator, integer, float, text:
		found = t.text
	}
	return fail(t.at, "expected "+format+", found "+strings.ReplaceAll(found, "%", "%%"), args...)
}

// nest goes one step deeper; the caller defers p.leave.
func (p *parser) nest() error {
	if p.depth++; p.depth > maxNesting {
		return fail(p.current().at, "more than %d things are nested here", maxNesting)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// parse parses the whole template.
func (p *parser) parse() ([]statement, error) {
	body, end, err := p.statements()
	if err == nil && end.kind != eof {
		err = fail(end.at, "%q ends nothing that is open here", end.text)
	}
	return body, err
}

// statements parses until the end of the template or a tag with one of some names, which it takes up to its name.
func (p *parser) statements(ends ...string) (body []statement, end token, err error) {
	if err := p.nest(); err != nil {
		return nil, token{}, err
	}
	defer p.leave()
	for {
		switch t := p.take(); t.kind {
		case eof:
			if len(ends) > 0 {
				return nil, t, fail(t.at, "the template ends, but {%% %s %%} is needed before", ends[len(ends)-1])
			}
			return body, t, nil
		case data:
			body = append(body, &output{text: t.text})
		case variableBegin:
			e, err := p.tuple(tupleOptions{conditional: true})
			if err == nil {
				_, err = p.expectKind(variableEnd)
			}
			if err != nil {
				return nil, t, err
			}
			body = append(body, &print{e})
		default: // blockBegin
			if p.isName(ends...) || p.current().kind == name && isEnd(p.current().text) {
				return body, p.take(), p.checkEnd(ends)
			}
			s, err := p.statement()
			if err != nil {
				return nil, t, err
			}
			body = append(body, s)
		}
	}
}

// isEnd reports whether a tag ends or divides a block.
func isEnd(tag string) bool {
	return tag == "else" || tag == "elif" || strings.HasPrefix(tag, "end") && slices.Contains(tags, tag[3:])
}

// checkEnd judges the tag that was just taken.
func (p *parser) checkEnd(ends []string) error {
	t := p.tokens[p.at-1]
	switch {
	case slices.Contains(ends, t.text):
		return nil
	case len(ends) == 0:
		return fail(t.at, "%q ends nothing that is open here", t.text)
	}
	return fail(t.at, "expected %s, found %q", strings.Join(ends, " or "), t.text)
}

// block parses statements up to one of some ends, and the rest of a tag without more words.
func (p *parser) block(ends ...string) ([]statement, string, error) {
	if _, err := p.expectKind(blockEnd); err != nil {
		return nil, "", err
	}
	body, end, err := p.statements(ends...)
	return body, end.text, err
}

// lastBlock parses statements up to the end of the block itself.
func (p *parser) lastBlock(end string) ([]statement, error) {
	body, _, err := p.block(end)
	if err == nil {
		_, err = p.expectKind(blockEnd)
	}
	return body, err
}
