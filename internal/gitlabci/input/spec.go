// Package input puts the inputs of a configuration file in their places (https://docs.gitlab.com/ci/inputs/).
package input

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
)

// Spec is the header of a file: the inputs that it takes, and what it asks to know about its component.
type Spec struct {
	inputs    []declaration
	component []string
}

// declaration is an entry of `spec:inputs`.
type declaration struct {
	name       string
	kind       string
	hasDefault bool
	preset     *ciyaml.Value
	options    []*ciyaml.Value
	regex      *regexp.Regexp
	rules      []choice
}

// choice is an entry of `rules` of an input.
type choice struct {
	condition *expression.Expression
	options   []*ciyaml.Value
	preset    *ciyaml.Value
}

// maxOptions is how many options an input may have.
const maxOptions = 50

// ParseSpec reads the value of `spec`.
func ParseSpec(v *ciyaml.Value, problems *problem.List) Spec {
	p := parser{problems: problems}
	var out Spec
	if v == nil {
		return out
	}
	if v.Get("include") != nil {
		p.fail(v, "spec", "include is not supported here")
	}
	p.keys(v, "spec", "inputs", "include", "component", "description")
	out.component = v.Get("component").Texts()
	for _, name := range out.component {
		if !slices.Contains([]string{"name", "sha", "version", "reference"}, name) {
			p.fail(v, "spec:component", "config contains unknown values: %s", name)
		}
	}
	inputs := v.Get("inputs")
	if inputs == nil {
		return out
	}
	for _, field := range inputs.Fields {
		out.inputs = append(out.inputs, p.declaration(field))
	}
	return out
}

type parser struct{ problems *problem.List }

func (p parser) fail(v *ciyaml.Value, where, format string, args ...any) {
	p.problems.Addf(v.At, "header:%s %s", where, fmt.Sprintf(format, args...))
}

func (p parser) keys(v *ciyaml.Value, where string, allowed ...string) {
	if unknown := v.Unknown(allowed...); unknown != "" {
		p.fail(v, where, "config contains unknown keys: %s", unknown)
	}
}

func (p parser) declaration(field ciyaml.Field) declaration {
	v, where := field.Value, "spec:inputs:"+field.Name
	out := declaration{name: field.Name, kind: "string"}
	if v.Kind == ciyaml.Null {
		return out
	}
	if v.Kind != ciyaml.Map {
		p.fail(v, where, "config should be a hash")
		return out
	}
	p.keys(v, where, "default", "description", "options", "regex", "type", "rules")
	if kind := v.Get("type"); kind != nil {
		out.kind = kind.String()
	}
	if !slices.Contains([]string{"array", "boolean", "number", "string"}, out.kind) {
		p.fail(v, where, "input type unknown value: %s", out.kind)
	}
	out.preset, out.hasDefault = v.Get("default"), v.Has("default")
	out.options = p.options(v, where)
	if pattern := v.Get("regex"); pattern != nil {
		out.regex = p.regex(pattern, where, out.kind)
	}
	if rules := v.Get("rules"); rules != nil {
		if out.hasDefault || out.options != nil {
			p.fail(v, where, "config these keys cannot be used together: rules, options, default")
		}
		for _, item := range rules.Items {
			out.rules = append(out.rules, p.choice(item, where))
			out.hasDefault = out.hasDefault || item.Has("default")
		}
	}
	return out
}

func (p parser) options(v *ciyaml.Value, where string) []*ciyaml.Value {
	options := v.Get("options")
	switch {
	case options == nil:
		return nil
	case options.Kind != ciyaml.List:
		p.fail(options, where, "input options should be an array")
	case len(options.Items) > maxOptions:
		p.fail(options, where, "config cannot define more than %d options", maxOptions)
	}
	return options.Items
}

func (p parser) regex(v *ciyaml.Value, where, kind string) *regexp.Regexp {
	out, err := regexp.Compile(v.String())
	switch {
	case err != nil:
		p.fail(v, where, "invalid regular expression: %v", err)
	case kind != "string":
		p.fail(v, where, "RegEx validation can only be used with string inputs")
	}
	return out
}

func (p parser) choice(v *ciyaml.Value, where string) choice {
	p.keys(v, where+":rules:rule", "if", "options", "default")
	out := choice{options: p.options(v, where+":rules:rule"), preset: v.Get("default")}
	condition := v.Get("if")
	if condition == nil {
		return out
	}
	parsed, err := expression.Parse(strings.TrimSpace(condition.String()))
	if err != nil {
		p.fail(condition, where+":rules:rule", "if invalid expression syntax: %v", err)
		return out
	}
	out.condition = &parsed
	return out
}
