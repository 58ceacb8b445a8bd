package cuex_test

import (
	"encoding/json"
	"fmt"
	"go/format"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// goSource prints shapes as a Go file of plain values, which the linker lays out: they cost nothing when a program starts.
// Equal objects are one variable, and so are equal scalars.
func goSource(shapes []shape.Named) ([]byte, error) {
	p := printer{variables: map[string]string{}, named: map[string]string{}}
	for _, definition := range shapes {
		if definition.Shape.Object != nil {
			p.named[key(definition.Shape.Object)] = definition.Name
		}
		if definition.Shape.Scalar != nil {
			p.named[key(definition.Shape.Scalar)] = definition.Name
		}
	}
	var list strings.Builder
	for _, definition := range shapes {
		fmt.Fprintf(&list, "{Name: %q, Shape: Shape{%s}},\n", definition.Name, p.forms(&definition.Shape, definition.Name))
	}
	return format.Source([]byte("// Code generated from schema/*.cue by `make generate`. DO NOT EDIT.\n\n" +
		"package shape\n\nimport \"gitlab.com/stemma-ci/stemma/compiler/tree\"\n\n" +
		p.out.String() + "var prepared = []Named{\n" + list.String() + "}\n"))
}

type printer struct {
	// out has the variables.
	out strings.Builder
	// variables are the names of those that are written, by their content, and named those of definitions.
	variables, named map[string]string
}

func key(value any) string {
	content, err := json.Marshal(value)
	if err != nil {
		panic(err) // shapes have nothing that JSON has not
	}
	return fmt.Sprintf("%T%s", value, content)
}

// forms prints the fields of a shape. name is for the variables in it that are no definition's.
func (p *printer) forms(s *shape.Shape, name string) string {
	var out strings.Builder
	if s.Doc != "" {
		fmt.Fprintf(&out, "Doc: %q, ", s.Doc)
	}
	if s.Scalar != nil {
		fmt.Fprintf(&out, "Scalar: &%s, ", p.variable("scalar", name, s.Scalar, func(string) string { return scalar(s.Scalar) }))
	}
	if s.Item != nil {
		fmt.Fprintf(&out, "Item: &Shape{%s}, ", p.forms(s.Item, name+"Item"))
	}
	if s.Object != nil {
		fmt.Fprintf(&out, "Object: &%s, ", p.variable("object", name, s.Object, func(name string) string { return p.object(s.Object, name) }))
	}
	return strings.TrimSuffix(out.String(), ", ")
}

// variable returns the name of a variable with a value, and writes it where it is new.
func (p *printer) variable(kind, name string, value any, print func(name string) string) string {
	content := key(value)
	if known, ok := p.variables[content]; ok {
		return known
	}
	if definition, ok := p.named[content]; ok {
		name = definition
	}
	p.variables[content] = kind + name
	fmt.Fprintf(&p.out, "var %s = %s\n\n", kind+name, print(name))
	return kind + name
}

func (p *printer) object(o *shape.Object, name string) string {
	var out strings.Builder
	out.WriteString("Object{")
	if o.Fields != nil {
		out.WriteString("Fields: []Field{\n")
		for _, f := range o.Fields {
			shape := "&Shape{" + p.forms(f.Shape, name+strings.ToUpper(f.Name[:1])+f.Name[1:]) + "}"
			fmt.Fprintf(&out, "{Name: %q, %s%sShape: %s},\n", f.Name, where(f.Required, "Required: true, "), texts("Also", f.Also), shape)
		}
		out.WriteString("},\n")
	}
	if o.Key != nil {
		fmt.Fprintf(&out, "Key: &Shape{%s},\n", p.forms(o.Key, name+"Key"))
	}
	if o.Value != nil {
		fmt.Fprintf(&out, "Value: &Shape{%s},\n", p.forms(o.Value, name+"Value"))
	}
	return out.String() + "}"
}

func scalar(s *shape.Scalar) string {
	kind := map[tree.Kind]string{tree.String: "String", tree.Bool: "Bool", tree.Int: "Int"}[s.Kind]
	out := "Scalar{Kind: tree." + kind + ", " + where(s.Say != "", fmt.Sprintf("Say: %q, ", s.Say)) +
		texts("Values", s.Values) + where(s.HasBools, "HasBools: true, ") + patterns(s.Patterns)
	if s.Range != nil {
		out += fmt.Sprintf("Range: &Range{Min: %d, Max: %d}", s.Range.Min, s.Range.Max)
	}
	return strings.TrimSuffix(out, ", ") + "}"
}

func patterns(list []shape.Pattern) string {
	if list == nil {
		return ""
	}
	var out strings.Builder
	out.WriteString("Patterns: []Pattern{")
	for _, pattern := range list {
		fmt.Fprintf(&out, "{Text: %q", pattern.Text)
		if pattern.Runs != nil {
			out.WriteString(", Runs: []Run{")
			for _, run := range pattern.Runs {
				fmt.Fprintf(&out, "{Class: []rune{%s}, Min: %d, Max: %d}, ", runes(run.Class), run.Min, run.Max)
			}
			out.WriteString("}")
		}
		out.WriteString("}, ")
	}
	return out.String() + "}, "
}

func runes(class []rune) string {
	quoted := make([]string, len(class))
	for i, r := range class {
		quoted[i] = strconv.QuoteRuneToASCII(r)
	}
	return strings.Join(quoted, ", ")
}

func where(condition bool, text string) string {
	if condition {
		return text
	}
	return ""
}

func texts(field string, list []string) string {
	return where(list != nil, fmt.Sprintf("%s: %#v, ", field, list))
}
