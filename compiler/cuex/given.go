package cuex

import (
	"strconv"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// givenFile is the name that CUE has for a document that it did not read itself.
const givenFile = "\x00given"

// given is a document that CUE files are unified with.
type given struct {
	document *tree.Node
	// nodes and labels have the values and the places of names, by their paths.
	nodes  map[string]*tree.Node
	labels map[string]diagnostic.Span
	// spans has the place of each value, by its offset in the file that CUE is told.
	spans []diagnostic.Span
	file  *token.File
}

// maxGiven is more than the number of values in a document: a file has at most 16 MiB.
const maxGiven = 64 << 20

func newGiven(document *tree.Node) given {
	return given{
		document: document, nodes: map[string]*tree.Node{}, labels: map[string]diagnostic.Span{},
		file: token.NewFile(givenFile, -1, maxGiven),
	}
}

// source is the document as a file in CUE of a package.
func (g *given) source(packageName string) *ast.File {
	g.labels = map[string]diagnostic.Span{}
	file := &ast.File{Filename: givenFile}
	if packageName != "" {
		file.Decls = append(file.Decls, &ast.Package{Name: ast.NewIdent(packageName)})
	}
	if fields, ok := g.expression(g.document, nil).(*ast.StructLit); ok {
		file.Decls = append(file.Decls, fields.Elts...)
	}
	return file
}

func (g *given) expression(n *tree.Node, at valuePath) ast.Expr {
	g.nodes[at.key()] = n
	pos := g.pos(n.Span)
	switch n.Kind {
	case tree.Map:
		out := &ast.StructLit{Lbrace: pos}
		for i := range n.Fields {
			if field := g.field(&n.Fields[i], at); field != nil {
				out.Elts = append(out.Elts, field)
			}
		}
		return out
	case tree.List:
		out := &ast.ListLit{Lbrack: pos}
		for i, item := range n.Items {
			out.Elts = append(out.Elts, g.expression(item, at.with(strconv.Itoa(i))))
		}
		return out
	}
	return scalarAt(pos, n)
}

// field is a field in CUE, or nil for a name that the map has already.
func (g *given) field(field *tree.Field, at valuePath) *ast.Field {
	own := at.with(field.Name)
	if _, isDuplicate := g.labels[own.key()]; isDuplicate {
		return nil
	}
	g.labels[own.key()] = field.Span
	label := ast.NewString(field.Name)
	label.ValuePos = g.pos(field.Span)
	return &ast.Field{Label: label, Value: g.expression(field.Value, own)}
}

func (g *given) pos(at diagnostic.Span) token.Pos {
	g.spans = append(g.spans, at)
	return g.file.Pos(len(g.spans)-1, token.Blank)
}

// scalarAt is a scalar in CUE. One that is not valid in a definition may be anything, since it has been reported.
func scalarAt(pos token.Pos, n *tree.Node) ast.Expr {
	newLiteral := func(kind token.Token, text string) ast.Expr {
		return &ast.BasicLit{ValuePos: pos, Kind: kind, Value: text}
	}
	number, err := strconv.ParseInt(n.Text, 0, 64)
	switch {
	case n.Kind == tree.Null:
		return newLiteral(token.NULL, "null")
	case n.Kind == tree.Bool && n.Text == "true":
		return newLiteral(token.TRUE, "true")
	case n.Kind == tree.Bool && n.Text == "false":
		return newLiteral(token.FALSE, "false")
	case n.Kind == tree.Int && err == nil && number < 0:
		return &ast.UnaryExpr{OpPos: pos, Op: token.SUB, X: newLiteral(token.INT, strconv.FormatInt(-number, 10))}
	case n.Kind == tree.Int && err == nil:
		return newLiteral(token.INT, strconv.FormatInt(number, 10))
	case n.Kind == tree.String:
		return newLiteral(token.STRING, literal.String.Quote(n.Text))
	}
	return &ast.Ident{NamePos: pos, Name: "_"}
}
