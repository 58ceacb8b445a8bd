package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// mistake is one that can be made.
type mistake struct {
	number int
	place  token.Position
	what   string
}

// edit inserts text in a file, in place of some bytes. Edits that open nest around those that begin at the same place.
type edit struct {
	from, to int
	text     string
	// rank orders edits at one place: a closing edit of an inner expression comes before that of an outer one.
	rank int
}

type mutation struct {
	pkg *pkg
	// patterns are of the names of the files that get mistakes.
	patterns []string
	mistakes []mistake
	edits    map[string][]edit
	current  file
	// refused are lines whose mistakes do not compile.
	refused map[string]bool
}

// collect finds the mistakes of all files.
func (m *mutation) collect() {
	m.mistakes, m.edits = nil, map[string][]edit{}
	for _, f := range m.pkg.files {
		base := filepath.Base(f.name)
		isChosen := func(pattern string) bool { ok, err := filepath.Match(pattern, base); return ok && err == nil }
		if slices.ContainsFunc(m.patterns, isChosen) {
			m.current = f
			m.find(f)
		}
	}
}

// find collects the mistakes of a file.
func (m *mutation) find(f file) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.VAR
		case *ast.IfStmt:
			m.condition(n.Cond)
		case *ast.ForStmt:
			m.condition(n.Cond)
		case *ast.SwitchStmt:
			if n.Tag == nil {
				for _, clause := range n.Body.List {
					for _, condition := range clause.(*ast.CaseClause).List {
						m.condition(condition)
					}
				}
			}
		case *ast.ReturnStmt:
			m.results(n)
		case *ast.BlockStmt:
			m.statements(n.List)
		case *ast.CaseClause:
			m.statements(n.Body)
		case *ast.CompositeLit:
			m.fields(n)
		}
		return true
	})
}

// condition gives a condition the mistakes that it is the other way round, and each `and` in it that it is an `or`.
func (m *mutation) condition(e ast.Expr) {
	if e == nil {
		return
	}
	if inner, ok := e.(*ast.ParenExpr); ok {
		m.condition(inner.X)
		return
	}
	binary, ok := e.(*ast.BinaryExpr)
	if !ok || binary.Op != token.LAND && binary.Op != token.LOR {
		m.wrap(e, "the condition is the other way round", "(mutant(%d) != (", "))")
		if ok {
			m.bound(binary)
		}
		return
	}
	if m.isRefused(binary.OpPos) {
		return
	}
	name, other := "mutantAnd", "||"
	if binary.Op == token.LOR {
		name, other = "mutantOr", "&&"
	}
	number := m.add(binary.OpPos, fmt.Sprintf("%s is %s", binary.Op, other))
	m.insert(binary.Pos(), binary.Pos(), fmt.Sprintf("%s(%d, ", name, number), -int(binary.End()))
	m.insert(binary.OpPos, binary.OpPos+2, ", func() bool { return ", 0)
	m.insert(binary.End(), binary.End(), " })", -int(binary.Pos()))
	m.condition(binary.X)
	m.condition(binary.Y)
}

// bound moves the bound of a comparison by one.
func (m *mutation) bound(e *ast.BinaryExpr) {
	switch e.Op {
	case token.LSS, token.GTR, token.LEQ, token.GEQ:
	default:
		return
	}
	if m.isRefused(e.OpPos) {
		return
	}
	number := m.add(e.OpPos, "the bound is one further")
	m.insert(e.Pos(), e.Pos(), "((", -int(e.End()))
	m.insert(e.End(), e.End(), fmt.Sprintf(") != (mutant(%d) && (%s) == (%s)))", number, m.text(e.X), m.text(e.Y)), -int(e.Pos()))
}

// results gives what a function returns the mistake that it is nothing.
func (m *mutation) results(n *ast.ReturnStmt) {
	for _, result := range n.Results {
		of := m.pkg.info.Types[result].Type
		if of == nil {
			continue
		}
		switch under := of.Underlying().(type) {
		case *types.Basic:
			if under.Info()&types.IsBoolean != 0 {
				m.condition(result)
			} else if under.Kind() != types.UntypedNil {
				m.zero(result, types.Default(of), "nothing is returned")
			}
		case *types.Slice:
			m.zero(result, of, "nothing is returned")
		}
	}
}

// fields gives each field of a struct the mistake that it is left out.
func (m *mutation) fields(n *ast.CompositeLit) {
	of := m.pkg.info.Types[n].Type
	if of == nil {
		return
	}
	structure, ok := of.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, element := range n.Elts {
		value, at := element, i
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			value = pair.Value
			at = indexOf(structure, pair.Key.(*ast.Ident).Name)
		}
		if at < 0 || isBare(value) {
			continue
		}
		m.zero(value, structure.Field(at).Type(), "the field "+structure.Field(at).Name()+" is left out")
	}
}

// isBare reports whether a value is a literal that names no type of its own.
func isBare(e ast.Expr) bool {
	literal, ok := e.(*ast.CompositeLit)
	return ok && literal.Type == nil
}

func indexOf(s *types.Struct, name string) int {
	for i := range s.NumFields() {
		if s.Field(i).Name() == name {
			return i
		}
	}
	return -1
}

func (m *mutation) zero(e ast.Expr, of types.Type, what string) {
	if name := m.pkg.typeName(m.current.syntax, of); name != "" && !isNothing(e) {
		m.wrap(e, what, "mutantZero["+name+"](%d, ", ")")
	}
}

// isNothing reports whether a value is the zero value anyway.
func isNothing(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value == `""` || e.Value == "0"
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "false"
	}
	return false
}

// statements gives each statement that only has an effect the mistake that it is left out.
func (m *mutation) statements(list []ast.Stmt) {
	for _, statement := range list {
		switch s := statement.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt:
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		case *ast.BranchStmt:
			if s.Tok == token.FALLTHROUGH {
				continue
			}
		default:
			continue
		}
		m.wrap(statement, "the statement is left out", "if !mutant(%d) { ", " }")
	}
}

// wrap puts text with the number of a mistake before a node, and text behind it.
func (m *mutation) wrap(n ast.Node, what, before, behind string) {
	if m.isRefused(n.Pos()) {
		return
	}
	number := m.add(n.Pos(), what)
	m.insert(n.Pos(), n.Pos(), fmt.Sprintf(before, number), -int(n.End()))
	m.insert(n.End(), n.End(), behind, -int(n.Pos()))
}

func (m *mutation) isRefused(at token.Pos) bool {
	place := m.pkg.fset.Position(at)
	return m.refused[fmt.Sprintf("%s:%d", place.Filename, place.Line)]
}

func (m *mutation) add(at token.Pos, what string) int {
	number := len(m.mistakes) + 1
	m.mistakes = append(m.mistakes, mistake{number, m.pkg.fset.Position(at), what})
	return number
}

func (m *mutation) insert(from, to token.Pos, text string, rank int) {
	m.edits[m.current.name] = append(m.edits[m.current.name], edit{m.pkg.fset.Position(from).Offset, m.pkg.fset.Position(to).Offset, text, rank})
}

func (m *mutation) text(e ast.Expr) string {
	return string(m.current.source[m.pkg.fset.Position(e.Pos()).Offset:m.pkg.fset.Position(e.End()).Offset])
}

// edited is a file with its mistakes. Where edits are at one place, those that close come first, the innermost first, and then those
// that open, the outermost first: an earlier edit of the same node is the inner one.
func (m *mutation) edited(f file) string {
	edits := slices.Clone(m.edits[f.name])
	opens := func(e edit) bool { return !strings.HasPrefix(e.text, ")") && !strings.HasPrefix(e.text, " }") }
	order := make([]int, len(edits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := edits[i], edits[j]
		if a.from != b.from {
			return cmp.Compare(a.from, b.from)
		}
		if opens(a) != opens(b) {
			if opens(a) {
				return 1
			}
			return -1
		}
		if opens(a) {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(j, i))
		}
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(i, j))
	})
	var out strings.Builder
	at := 0
	for _, i := range order {
		out.Write(f.source[at:edits[i].from])
		out.WriteString(edits[i].text)
		at = edits[i].to
	}
	out.Write(f.source[at:])
	return out.String()
}
