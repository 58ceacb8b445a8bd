package definition

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// maxUnfolded limits the number of values that aliases expand to, and maxDepth the depth of values, so that a small file cannot become a
// large one.
const (
	maxUnfolded = 100_000
	maxDepth    = 64
)

// parseYAML reads one YAML document. If it cannot, it reports why and returns nil.
func parseYAML(file string, source []byte, found *diagnostic.List) *tree.Node {
	var document yaml.Node
	if err := yaml.Load(source, &document, yaml.WithV4Defaults()); err != nil {
		reportSyntax(file, source, err, found)
		return nil
	}
	root := &document
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	r := yamlReader{file: file, found: found, budget: maxUnfolded}
	n := r.node(root, 0)
	if r.failed {
		return nil
	}
	return n
}

type yamlReader struct {
	file   string
	found  *diagnostic.List
	budget int
	// aliases counts the aliases around the current value.
	aliases int
	failed  bool
}

func (r *yamlReader) node(y *yaml.Node, depth int) *tree.Node {
	at := r.span(y)
	n := &tree.Node{Span: at}
	if r.aliases > 0 {
		r.budget--
	}
	switch {
	case r.failed:
		return n
	case y.Kind != yaml.ScalarNode && y.Style&yaml.TaggedStyle != 0:
		r.refuseTag(n, y)
		n.Kind = tree.Invalid
	case r.budget < 0:
		r.fail(diagnostic.TooLarge, at, "the aliases of this file unfold to more than %d values", maxUnfolded)
	case depth > maxDepth:
		r.fail(diagnostic.TooLarge, at, "values are nested more than %d deep here", maxDepth)
	case y.Kind == yaml.AliasNode:
		r.aliases++
		n = r.node(y.Alias, depth+1)
		r.aliases--
	case y.Kind == yaml.SequenceNode:
		n.Kind = tree.List
		for _, item := range y.Content {
			n.Items = append(n.Items, r.node(item, depth+1))
		}
	case y.Kind == yaml.MappingNode:
		n.Kind = tree.Map
		r.fields(n, y, depth)
	default:
		r.scalar(n, y)
	}
	return n
}

func (r *yamlReader) fields(n *tree.Node, y *yaml.Node, depth int) {
	n.Fields = make([]tree.Field, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			r.found.Errorf(diagnostic.WrongType, r.span(key), "a key must be text, not a list or a map")
			continue
		}
		if key.Value == "<<" && key.Style == 0 {
			r.found.Errorf(diagnostic.UnknownKey, r.span(key), "merge keys are not supported").
				WithHint("put shared values under `defaults`, or write the definition in CUE")
			n.Fields = append(n.Fields, tree.Field{Name: key.Value, Span: r.span(key), Value: &tree.Node{Kind: tree.Invalid, Span: r.span(value)}})
			continue
		}
		field := tree.Field{Name: key.Value, Span: r.span(key), Value: r.node(value, depth+1)}
		if kind := scalarKind(key); kind != tree.String {
			field.NameKind = kind
		}
		n.Fields = append(n.Fields, field)
	}
}

func (r *yamlReader) scalar(n *tree.Node, y *yaml.Node) {
	if y.Style&yaml.TaggedStyle != 0 && y.ShortTag() != "!!str" {
		r.refuseTag(n, y)
	}
	n.Kind = scalarKind(y)
	n.Text = y.Value
}

func (r *yamlReader) refuseTag(n *tree.Node, y *yaml.Node) {
	r.found.Errorf(diagnostic.Syntax, n.Span, "the YAML tag %s has no meaning here", diagnostic.Quote(y.Tag)).WithHint("write the plain value")
}

func (r *yamlReader) span(y *yaml.Node) diagnostic.Span {
	length := 0
	if y.Kind == yaml.ScalarNode && y.Style == 0 && !strings.Contains(y.Value, "\n") {
		length = utf8.RuneCountInString(y.Value)
	}
	return diagnostic.Span{File: r.file, Line: y.Line, Column: y.Column, Length: length}
}

func (r *yamlReader) fail(code diagnostic.Code, at diagnostic.Span, format string, args ...any) {
	r.failed = true
	r.found.Errorf(code, at, format, args...)
}

// scalarKind is the kind of a scalar for readers of YAML 1.1 and 1.2: editors, linters and GitLab read 1.1. A scalar that any of them does
// not read as text is not text.
func scalarKind(y *yaml.Node) tree.Kind {
	if y.Style&^yaml.FlowStyle != 0 {
		return tree.String
	}
	switch y.ShortTag() {
	case "!!null":
		return tree.Null
	case "!!bool":
		return tree.Bool
	case "!!int":
		return tree.Int
	case "!!float":
		return tree.Float
	case "!!timestamp":
		return tree.Time
	}
	switch isNumeric := y.Value != "" && strings.IndexByte("+-0123456789", y.Value[0]) >= 0; {
	case isBool11(y.Value):
		return tree.Bool
	case isNumeric && date11().MatchString(y.Value):
		return tree.Time
	case isNumeric && number11().MatchString(y.Value):
		return tree.Float
	}
	return tree.String
}

// Scalars that YAML 1.1 does not read as text, https://yaml.org/type/bool.html, float.html, int.html, timestamp.html.
var (
	date11   = pattern.Lazy(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$`)
	number11 = pattern.Lazy(`^[-+]?([0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0x[0-9a-fA-F_]+|0b[01_]+|0o?[0-7_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)
)

func isBool11(text string) bool {
	switch text {
	case "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "true", "True", "TRUE", "false", "False", "FALSE":
		return true
	}
	return false
}
