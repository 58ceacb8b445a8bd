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
	indexes  map[*tree.Node]tree.Index
	// spans has the place of each value, by its offset in the file that CUE is told.
	spans []diagnostic.Span
	file  *token.File
}

// maxGiven is more than the number of values in a document: a file has at most 16 MiB.
const maxGiven = 64 << 20

func newGiven(document *tree.Node) given {
	return given{
		document: document, indexes: map[*tree.Node]tree.Index{}, file: token.NewFile(givenFile, -1, maxGiven),
	}
}

// source is the document as a file in CUE of a package.
func (g *given) source(packageName string) *ast.File {
	file := &ast.File{Filename: givenFile}
	if packageName != "" {
		file.Decls = append(file.Decls, &ast.Package{Name: ast.NewIdent(packageName)})
	}
	if fields, ok := g.expression(g.document).(*ast.StructLit); ok {
		file.Decls = append(file.Decls, fields.Elts...)
	}
	return file
}

func (g *given) expression(n *tree.Node) ast.Expr {
	pos := g.pos(n.Span)
	switch n.Kind {
	case tree.Map:
		out := &ast.StructLit{Lbrace: pos, Elts: make([]ast.Decl, 0, len(n.Fields))}
		for i := range n.Fields {
			if first := g.field(n, n.Fields[i].Name); first == &n.Fields[i] { // and not a name that the map has already
				label := ast.NewString(first.Name)
				label.ValuePos = g.pos(first.Span)
				out.Elts = append(out.Elts, &ast.Field{Label: label, Value: g.expression(first.Value)})
			}
		}
		return out
	case tree.List:
		out := &ast.ListLit{Lbrack: pos}
		for _, item := range n.Items {
			out.Elts = append(out.Elts, g.expression(item))
		}
		return out
	}
	return scalarAt(pos, n)
}

// field returns the first field of a map with a name, or nil.
func (g *given) field(n *tree.Node, name string) *tree.Field {
	index, ok := g.indexes[n]
	if !ok {
		index = tree.NewIndex(n)
		g.indexes[n] = index
	}
	return index.Field(name)
}

// at returns the node at a path, or nil, and the place of its name.
func (g *given) at(path valuePath) (n *tree.Node, label diagnostic.Span) {
	n = g.document
	for _, name := range path {
		switch i, err := strconv.Atoi(name); {
		case n == nil:
			return nil, diagnostic.Span{}
		case n.Kind == tree.List && err == nil && i < len(n.Items):
			n, label = n.Items[i], diagnostic.Span{}
		default:
			field := g.field(n, name)
			if field == nil {
				return nil, diagnostic.Span{}
			}
			n, label = field.Value, field.Span
		}
	}
	return n, label
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
