package cuex

import (
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// The kinds of places of an error, the best one for a finding first.
const (
	// imagePlace is in the declaration of the image.
	imagePlace = iota
	// generatedPlace is in a declaration of images whose names are computed.
	generatedPlace
	// valuePlace is another value.
	valuePlace
	// constraintPlace is in a constraint, in a rule or in an imported package.
	constraintPlace
)

// rank tells how well a place is suited for a finding about the value at a path.
func (p *places) rank(position token.Position, at valuePath) int {
	if position.Filename == givenFile {
		return imagePlace
	}
	file := p.files[position.Filename]
	if file == nil || p.rules != nil || p.constraints[position] {
		return constraintPlace
	}
	around := enclosing(file, position.Offset)
	rank := valuePlace
	for i, field := range around {
		name, isWritten := writtenName(field.Label)
		switch {
		case isConstraint(field), strings.HasPrefix(name, "#"):
			return constraintPlace
		case i == 0 && name == "images" && len(at) > 1 && at[0] == name:
			rank = generatedPlace
		case i == 1 && rank == generatedPlace && isWritten && name == at[1]:
			rank = imagePlace
		}
	}
	return rank
}

// role says what a further place of an error has to do with it.
func (p *places) role(position token.Position, at valuePath) string {
	if rule := p.rules[position.Filename]; rule != "" {
		if shared, _ := p.topLevel(position); isShared(shared) {
			return "the constraint " + shared
		}
		return "the rule " + rule
	}
	if p.rank(position, at) == constraintPlace {
		return "the constraint"
	}
	return "the other value"
}

// topLevel returns the name of the field at the top of a file that a place is in.
func (p *places) topLevel(position token.Position) (name string, ok bool) {
	around := enclosing(p.files[position.Filename], position.Offset)
	if len(around) == 0 {
		return "", false
	}
	name, _ = writtenName(around[0].Label)
	return name, true
}

// isShared reports whether a field at the top of a policy is a definition or hidden, which several rules may use.
func isShared(name string) bool { return strings.HasPrefix(name, "#") || strings.HasPrefix(name, "_") }

// enclosing returns the fields around an offset, the outermost first.
func enclosing(file *ast.File, offset int) (around []*ast.Field) {
	ast.Walk(file, func(n ast.Node) bool {
		if _, isFile := n.(*ast.File); isFile {
			return true
		}
		if n.Pos().Offset() > offset || offset >= end(n) {
			return false
		}
		if field, ok := n.(*ast.Field); ok {
			around = append(around, field)
		}
		return true
	}, nil)
	return around
}

// end is the offset behind a node. The marks of fields have no places, so it is that of the last value.
func end(n ast.Node) int {
	switch n := n.(type) {
	case *ast.Field:
		return end(n.Value)
	case *ast.StructLit:
		if last := len(n.Elts) - 1; last >= 0 && !n.Rbrace.IsValid() {
			return end(n.Elts[last])
		}
	}
	return n.End().Offset()
}

// written is the place of the name at a path, if it is written out.
func (p *places) written(at valuePath) (diagnostic.Span, bool) {
	if _, span := p.given.at(at); span != (diagnostic.Span{}) {
		return span, true
	}
	if fields := p.fields[at.key()]; len(fields) > 0 {
		return p.span(fields[0].Label.Pos().Position()), true
	}
	return diagnostic.Span{}, false
}
