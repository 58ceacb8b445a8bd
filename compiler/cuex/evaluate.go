package cuex

import (
	"io/fs"
	"path"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

func evaluate(project, schema fs.FS, file string, found *diagnostic.List) (document *tree.Node, files []string) {
	e := &evaluation{found: found, labels: map[token.Position]token.Position{}, fallback: diagnostic.Span{File: file, Line: 1, Column: 1}}
	instance := load.Instances([]string{e.argument(project, file)}, &load.Config{
		FS: withSchema{project, schema}, Dir: "/" + strings.TrimPrefix(path.Dir(file), "."), ModuleRoot: "/",
		Env: []string{}, Registry: schemaOnly{schema},
	})[0]
	if instance.Err != nil {
		e.report(instance.Err)
		return nil, nil
	}
	if e.inspect(instance); found.HasErrors() {
		return nil, nil
	}
	v := cuecontext.New().BuildInstance(instance)
	if err := v.Validate(); err != nil {
		e.report(err)
		return nil, nil
	}
	before := len(*found)
	n := e.node(v, e.fallback)
	if len(*found) > before {
		return nil, nil
	}
	for _, part := range instance.Files {
		files = append(files, strings.TrimPrefix(part.Filename, "/"))
	}
	return n, files
}

type evaluation struct {
	found *diagnostic.List
	// labels finds the place of a field's name from the place of its value.
	labels   map[token.Position]token.Position
	fallback diagnostic.Span
}

// argument asks for the package that the file belongs to, or for the file where it belongs to none.
func (e *evaluation) argument(project fs.FS, file string) string {
	source, err := fs.ReadFile(project, file)
	if err == nil {
		if f, err := parser.ParseFile(file, source, parser.PackageClauseOnly); err == nil && f.PackageName() != "" {
			return ".:" + f.PackageName()
		}
	}
	return "./" + path.Base(file)
}

// inspect refuses what would read anything but CUE files, and remembers the places of field names.
func (e *evaluation) inspect(instance *build.Instance) {
	for _, file := range instance.Files {
		ast.Walk(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Attribute:
				if name, _ := n.Split(); name == "tag" || name == "embed" || name == "extern" {
					e.found.Errorf(diagnostic.CUE, e.span(n.Pos()), "@%s is not read in a definition", name).
						WithHint("a definition compiles to the same output everywhere: write the value itself")
				}
			case *ast.Field:
				if n.Value != nil {
					e.labels[n.Value.Pos().Position()] = n.Label.Pos().Position()
				}
			}
			return true
		}, nil)
	}
}

// node turns a value into a tree. around is the place of a value that has none of its own.
func (e *evaluation) node(v cue.Value, around diagnostic.Span) *tree.Node {
	v, _ = v.Default()
	n := &tree.Node{Span: around}
	if own, ok := e.userSpan(v); ok {
		n.Span = own
	}
	switch v.Kind() {
	case cue.StructKind:
		n.Kind = tree.Map
		for fields, _ := v.Fields(); fields.Next(); {
			n.Fields = append(n.Fields, e.field(fields.Selector().Unquoted(), fields.Value(), n.Span))
		}
	case cue.ListKind:
		n.Kind = tree.List
		for items, _ := v.List(); items.Next(); {
			n.Items = append(n.Items, e.node(items.Value(), n.Span))
		}
	default:
		e.scalar(n, v)
	}
	return n
}

func (e *evaluation) field(name string, v cue.Value, around diagnostic.Span) tree.Field {
	value := e.node(v, around)
	f := tree.Field{Name: name, Span: value.Span, Value: value}
	if label, ok := e.labels[place(v)]; ok {
		f.Span = spanOf(label)
	}
	return f
}

func (e *evaluation) scalar(n *tree.Node, v cue.Value) {
	n.Quoted = true
	switch v.Kind() {
	case cue.NullKind:
		n.Kind = tree.Null
	case cue.BoolKind:
		b, _ := v.Bool()
		n.Kind, n.Text = tree.Bool, map[bool]string{true: "true", false: "false"}[b]
	case cue.IntKind:
		i, _ := v.Int(nil)
		n.Kind, n.Text = tree.Int, i.String()
	case cue.FloatKind, cue.NumberKind:
		text, _ := v.MarshalJSON()
		n.Kind, n.Text = tree.Float, string(text)
	case cue.StringKind:
		n.Kind = tree.String
		n.Text, _ = v.String()
	default:
		e.found.Errorf(diagnostic.CUE, n.Span, "%s has no single value", v.Path()).WithHint("give it a concrete value, or make it hidden with a leading _")
	}
}

// userSpan is the place of a value, or of the first value in it, in the user's files.
func (e *evaluation) userSpan(v cue.Value) (diagnostic.Span, bool) {
	if pos := place(v); isUsers(pos) {
		return spanOf(pos), true
	}
	for fields, err := v.Fields(); err == nil && fields.Next(); {
		if span, ok := e.userSpan(fields.Value()); ok {
			return span, true
		}
	}
	for items, err := v.List(); err == nil && items.Next(); {
		if span, ok := e.userSpan(items.Value()); ok {
			return span, true
		}
	}
	return diagnostic.Span{}, false
}

// place is the place of a value. Where CUE joined it with a value of the schema, it is the place of the user's value.
func place(v cue.Value) token.Position {
	pos := v.Pos().Position()
	if isUsers(pos) {
		return pos
	}
	if op, parts := v.Expr(); op == cue.AndOp {
		for _, part := range parts {
			if own := part.Pos().Position(); isUsers(own) {
				return own
			}
		}
	}
	return pos
}

func (e *evaluation) span(pos token.Pos) diagnostic.Span {
	if position := pos.Position(); isUsers(position) {
		return spanOf(position)
	}
	return e.fallback
}

func isUsers(pos token.Position) bool {
	return pos.Filename != "" && !strings.HasPrefix(pos.Filename, "/"+schemaFolder+"/")
}

func spanOf(pos token.Position) diagnostic.Span {
	return diagnostic.Span{File: strings.TrimPrefix(pos.Filename, "/"), Line: pos.Line, Column: pos.Column}
}
