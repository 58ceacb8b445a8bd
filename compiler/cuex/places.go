package cuex

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// places finds the user's places of values.
type places struct {
	files map[string]*ast.File
	// fields has the fields whose names are written out, by their paths.
	fields map[string][]*ast.Field
	// labels finds the place of a field's name by the place of its value.
	labels map[token.Position]token.Position
	// marked has the places of the values of the fields that are marked with an attribute, by its argument.
	marked []token.Position
	// names are the names of all fields, in the order of the source.
	names   []string
	isNamed map[string]bool
	// constraints has the places of values that only constrain others: those behind a pattern such as [string], and of optional and required
	// fields.
	constraints map[token.Position]bool
	// required has the places of the values of required fields.
	required map[token.Position]bool
	// rules has the rules of a policy by their files, as CUE names these; nil for a definition.
	rules map[string]string
	// root is the folder of the module of a policy in the file system of the findings.
	root string
	// given has the document that CUE files are unified with.
	given *given
	// first is the place of the first field, and fallback that of the whole file.
	first    token.Position
	hasFirst bool
	fallback diagnostic.Span
}

func newPlaces() *places {
	return &places{given: &given{}, files: map[string]*ast.File{}, fields: map[string][]*ast.Field{}, labels: map[token.Position]token.Position{}, constraints: map[token.Position]bool{}, required: map[token.Position]bool{}, isNamed: map[string]bool{}}
}

// add adds the values in a file.
func (p *places) add(file *ast.File) {
	if file.Filename == givenFile {
		return
	}
	p.files[file.Filename] = file
	ast.Walk(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			p.addField(n)
		case *ast.UnaryExpr:
			if n.Op != token.ADD && n.Op != token.SUB && n.Op != token.MUL {
				p.addConstraint(n)
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "error" {
				p.addConstraint(n)
			}
		case *ast.Ident:
			if types[n.Name] {
				p.addConstraint(n)
			}
		}
		return true
	}, nil)
	p.addFields(file.Decls, nil)
}

// types are the names of CUE's types, each of which constrains a value.
var types = map[string]bool{"_": true, "bool": true, "bytes": true, "float": true, "int": true, "number": true, "string": true}

func (p *places) addField(field *ast.Field) {
	label := field.Label.Pos().Position()
	p.labels[field.Value.Pos().Position()] = label
	p.mark(field)
	if isConstraint(field) {
		p.addConstraint(field.Value)
		p.required[field.Value.Pos().Position()] = field.Constraint == token.NOT
	}
	if !p.hasFirst {
		p.first, p.hasFirst = label, true
	}
	if name, isWritten := writtenName(field.Label); isWritten && !p.isNamed[name] {
		p.isNamed[name] = true
		p.names = append(p.names, name)
	}
}

// placeAttribute marks a field with its index in marked. CUE lists the attributes of all fields that a value is unified from without
// evaluating them again.
const placeAttribute = "stemma_place"

func (p *places) mark(field *ast.Field) {
	field.Attrs = append(field.Attrs, &ast.Attribute{Text: fmt.Sprintf("@%s(%d)", placeAttribute, len(p.marked))})
	p.marked = append(p.marked, field.Value.Pos().Position())
}

func (p *places) addConstraint(value ast.Expr) {
	ast.Walk(value, func(n ast.Node) bool {
		p.constraints[n.Pos().Position()] = true
		return true
	}, nil)
}

func isConstraint(field *ast.Field) bool {
	_, isPattern := field.Label.(*ast.ListLit)
	return isPattern || field.Constraint != token.ILLEGAL
}

// addFields adds the fields of a struct at a path.
func (p *places) addFields(declarations []ast.Decl, at valuePath) {
	for _, declaration := range declarations {
		switch d := declaration.(type) {
		case *ast.Field:
			name, isWritten := writtenName(d.Label)
			if !isWritten || isConstraint(d) {
				continue
			}
			own := at.with(name)
			p.fields[own.key()] = append(p.fields[own.key()], d)
			p.addValue(d.Value, own)
		case *ast.EmbedDecl:
			p.addValue(d.Expr, at)
		case *ast.Comprehension:
			p.addValue(d.Value, at)
		}
	}
}

func (p *places) addValue(value ast.Expr, at valuePath) {
	switch v := value.(type) {
	case *ast.StructLit:
		p.addFields(v.Elts, at)
	case *ast.ParenExpr:
		p.addValue(v.X, at)
	case *ast.BinaryExpr:
		if v.Op == token.AND {
			p.addValue(v.X, at)
			p.addValue(v.Y, at)
		}
	case *ast.ListLit:
		for i, item := range v.Elts {
			p.addValue(item, at.with(strconv.Itoa(i)))
		}
	}
}

// writtenName returns the name of a label that is an identifier or a string without interpolation.
func writtenName(label ast.Label) (string, bool) {
	switch l := label.(type) {
	case *ast.Ident:
		return l.Name, true
	case *ast.BasicLit:
		name, err := literal.Unquote(l.Value)
		return name, err == nil
	}
	return "", false
}

// start is the place of the document.
func (p *places) start() diagnostic.Span {
	if p.given.document != nil {
		return p.given.document.Span
	}
	if p.hasFirst {
		return p.span(p.first)
	}
	return p.fallback
}

// spot is a value whose places are looked for. What is found for the place of the value serves for that of its name too.
type spot struct {
	value cue.Value
	// original is its node in the given document, and givenLabel the place of its name there.
	original   *tree.Node
	givenLabel diagnostic.Span
	written    []*ast.Field
	own        token.Position
	// part is the place of the first value, of those that it is unified from, that does not only constrain others. The zero Position is none.
	part     token.Position
	isParted bool
}

func (p *places) spot(v cue.Value, at valuePath) spot {
	original, label := p.given.at(at)
	return spot{value: v, original: original, givenLabel: label, written: p.fields[at.key()], own: valuePosition(v)}
}

// of is the place of a value, if the user wrote it.
func (p *places) of(s *spot) (diagnostic.Span, bool) {
	if s.original != nil {
		return s.original.Span, true
	}
	own, isOwn := s.own, p.isUsers(s.own)
	isLeaf := s.value.IncompleteKind()&(cue.StructKind|cue.ListKind) == 0
	switch {
	case isLeaf && isOwn && !p.constraints[own]:
	case len(s.written) > 0:
		own, isOwn = s.written[0].Value.Pos().Position(), true
	case !isOwn || p.constraints[own]:
		if part := p.part(s); part.IsValid() {
			own, isOwn = part, true
		}
	}
	return p.span(own), isOwn
}

// label is the place of the name of a value's field; otherwise is that of the value.
func (p *places) label(s *spot, otherwise diagnostic.Span) diagnostic.Span {
	if s.givenLabel != (diagnostic.Span{}) {
		return s.givenLabel
	}
	if len(s.written) > 0 {
		return p.span(s.written[0].Label.Pos().Position())
	}
	own := s.own
	if _, ok := p.labels[own]; !ok || p.constraints[own] {
		own = p.part(s)
	}
	if label, ok := p.labels[own]; ok {
		return p.span(label)
	}
	return otherwise
}

func (p *places) part(s *spot) token.Position {
	if s.isParted {
		return s.part
	}
	s.isParted = true
	first := s.value.Attribute(placeAttribute)
	if i, err := first.Int(0); err == nil && p.isPart(p.marked[i]) { // the first one is faster to read than all
		s.part = p.marked[i]
		return s.part
	}
	for _, of := range p.parts(s.value) {
		if p.isPart(of) {
			s.part = of
			break
		}
	}
	return s.part
}

func (p *places) isPart(of token.Position) bool { return p.isUsers(of) && !p.constraints[of] }

// isRequired reports whether one of the constraints that v is unified from is a required field.
func (p *places) isRequired(v cue.Value) bool {
	return slices.ContainsFunc(p.parts(v), func(of token.Position) bool { return p.required[of] })
}

// parts are the places of the values that v is unified from. Only the items of lists have no marks.
func (p *places) parts(v cue.Value) []token.Position {
	var out []token.Position
	for _, attribute := range v.Attributes(cue.FieldAttr) {
		if i, err := attribute.Int(0); err == nil && attribute.Name() == placeAttribute {
			out = append(out, p.marked[i])
		}
	}
	if len(out) > 0 {
		return out
	}
	if op, values := v.Expr(); op == cue.AndOp {
		for _, value := range values {
			out = append(out, valuePosition(value))
		}
	}
	return out
}

// valuePosition is the place of a value. CUE's own place of the value of a field is that of the field.
func valuePosition(v cue.Value) token.Position {
	if field, ok := v.Source().(*ast.Field); ok {
		return field.Value.Pos().Position()
	}
	return v.Pos().Position()
}

// isUsers reports whether a place is in a file of the user's, or in the given document.
func (p *places) isUsers(position token.Position) bool {
	return position.Filename != "" && !strings.HasPrefix(position.Filename, "/"+schemaFolder+"/")
}

func (p *places) span(position token.Position) diagnostic.Span {
	switch {
	case position.Filename == givenFile:
		return p.given.spans[position.Offset]
	case !p.isUsers(position):
		return p.fallback
	}
	file := strings.TrimPrefix(strings.TrimPrefix(position.Filename, "/"), modulesFolder+"/")
	if local, ok := strings.CutPrefix(file, packagesAlias+"/"); ok {
		file = packagesFolder + "/" + local
	}
	if !strings.HasPrefix(position.Filename, "/"+modulesFolder+"/") {
		file = path.Join(p.root, file)
	}
	return diagnostic.Span{File: file, Line: position.Line, Column: position.Column}
}
