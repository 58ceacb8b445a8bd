package ciyaml

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// parser reads one file.
type parser struct {
	file   string
	found  *diagnostic.List
	budget *budget
}

// parse returns the documents of a file, and reports mistakes in them.
func (p *parser) parse(content []byte) []*Value {
	if len(content) > maxBytes {
		p.fail(nil, "the file is larger than %d MiB", maxBytes>>20)
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(content), yaml.WithV4Defaults())
	if err != nil {
		p.syntax(err)
		return nil
	}
	var out []*Value
	for p.budget.left >= 0 {
		var document yaml.Node
		switch err := loader.Load(&document); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			p.syntax(err)
			return nil
		}
		root := &document
		if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
			root = root.Content[0]
		}
		out = append(out, p.value(root, 0))
	}
	return out
}

// syntax reports a syntax error, at the place that the YAML library names.
func (p *parser) syntax(err error) {
	at, message := diagnostic.Span{File: p.file}, err.Error()
	var where *yaml.LoadError
	if errors.As(err, &where) {
		at.Line, at.Column, message = where.Mark.Line, where.Mark.Column, where.Message
	}
	p.found.Errorf(diagnostic.Import, at, "it is not YAML: %s", message).
		WithHint("correct the line, or the one before it: look for a missing colon, quote or bracket, and for spaces that differ")
}

func (p *parser) at(n *yaml.Node) diagnostic.Span {
	if n == nil {
		return diagnostic.Span{File: p.file}
	}
	return diagnostic.Span{File: p.file, Line: n.Line, Column: n.Column}
}

func (p *parser) fail(n *yaml.Node, format string, args ...any) *Value {
	p.found.Errorf(diagnostic.Import, p.at(n), format, args...).WithHint("GitLab refuses the file until it is corrected")
	return &Value{At: p.at(n)}
}

func (p *parser) value(n *yaml.Node, depth int) *Value {
	out := &Value{At: p.at(n)}
	if !p.budget.spend(out.At, 1) {
		return out
	}
	if depth > maxDepth {
		p.budget.left = -1 // nothing more is read, and nothing more is said
		return p.fail(n, "values are nested more than %d deep here, or an anchor holds itself", maxDepth)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return p.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		out.Kind = List
		for _, item := range n.Content {
			out.Items = append(out.Items, p.value(item, depth+1))
		}
		if n.Tag == "!reference" {
			out.Kind = Reference
		}
	case yaml.MappingNode:
		out.Kind = Map
		p.fields(out, n, depth)
	case yaml.ScalarNode:
		read := p.scalar(n)
		out.Kind, out.Text, out.Type, out.IsBlock = read.Kind, read.Text, read.Type, n.Style&yaml.LiteralStyle != 0
	}
	return out
}

// fields reads the entries of a map. As in Ruby, later ones win over earlier ones, and a merge wins over earlier keys.
func (p *parser) fields(out *Value, n *yaml.Node, depth int) {
	index := map[string]int{}
	set := func(field Field) {
		if i, ok := index[field.Name]; ok {
			out.Fields[i] = field
			return
		}
		index[field.Name] = len(out.Fields)
		out.Fields = append(out.Fields, field)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], p.value(n.Content[i+1], depth+1)
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			p.fail(key, "the name of a key must be text")
		case key.Value == "<<" && key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0:
			for _, field := range p.merged(n.Content[i+1], value) {
				set(field)
			}
		default:
			name := p.scalar(key)
			if name.Kind == Null {
				name.Text, name.Type = "null", Nothing
			}
			set(Field{Name: name.Text, Type: name.Type, At: p.at(key), Value: value})
		}
	}
}

// merged are the entries that a merge key brings. Of a list the first map wins.
func (p *parser) merged(n *yaml.Node, value *Value) []Field {
	switch value.Kind {
	case Map:
		return value.Fields
	case List:
		var out []Field
		for i := len(value.Items) - 1; i >= 0; i-- {
			if value.Items[i].Kind != Map {
				p.fail(n, "`<<` needs maps")
				return nil
			}
			out = append(out, value.Items[i].Fields...)
		}
		return out
	case Null, Text, Reference:
		if p.budget.left >= 0 {
			p.fail(n, "`<<` needs a map, or a list of maps")
		}
	}
	return nil
}
