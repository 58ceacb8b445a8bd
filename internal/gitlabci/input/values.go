package input

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
)

// Values gives each input its value: the given one, or its default. Given is a map, or nil. The errors are GitLab's messages.
func (s Spec) Values(given *ciyaml.Value) (values map[string]*ciyaml.Value, errors []string) {
	values = map[string]*ciyaml.Value{}
	var names []string
	for _, d := range s.inputs {
		names = append(names, d.name)
		value, messages := d.value(given.Get(d.name), values)
		values[d.name] = value
		for _, message := range messages {
			errors = append(errors, fmt.Sprintf("`%s` input: %s", d.name, message))
		}
	}
	if unknown := given.Unknown(names...); unknown != "" {
		errors = append(errors, "unknown input arguments: "+unknown)
	}
	return values, errors
}

// value is the value of one input. Its rules see the inputs before it.
func (d declaration) value(given *ciyaml.Value, before map[string]*ciyaml.Value) (value *ciyaml.Value, errors []string) {
	if given != nil && given.Kind == ciyaml.Text && given.Text == "" && d.rules != nil {
		given = nil
	}
	if given == nil && !d.hasDefault {
		return &ciyaml.Value{}, []string{"required value has not been provided"}
	}
	options, preset := d.options, d.preset
	if chosen := d.choose(before); chosen != nil {
		options, preset = chosen.options, chosen.preset
	}
	if preset != nil {
		preset = d.coerce(preset)
		errors = append(errors, d.check(preset, options, "default")...)
	}
	value = preset
	if given != nil {
		value = d.coerce(given)
		errors = append(errors, d.check(value, options, "provided")...)
	}
	if value == nil {
		value = d.coerce(&ciyaml.Value{})
	}
	return value, errors
}

// choose is the first of the input's rules that applies.
func (d declaration) choose(before map[string]*ciyaml.Value) *choice {
	scope := expression.Scope{Inputs: map[string]expression.Value{}}
	for name, value := range before {
		switch {
		case value.Is(ciyaml.String):
			scope.Inputs[name] = expression.Text(value.Text)
		case value.Is(ciyaml.Boolean):
			scope.Inputs[name] = expression.Bool(value.Text == "true")
		case value.Kind != ciyaml.Null:
			scope.Inputs[name] = expression.Other(Print(value))
		}
	}
	for i := range d.rules {
		if d.rules[i].condition == nil {
			return &d.rules[i]
		}
		if holds, err := d.rules[i].condition.Holds(scope); holds && err == nil {
			return &d.rules[i]
		}
	}
	return nil
}

// coerce reads text as JSON for an input that is no string, and makes text of everything else for one that is.
func (d declaration) coerce(v *ciyaml.Value) *ciyaml.Value {
	switch {
	case d.kind == "string":
		return &ciyaml.Value{Kind: ciyaml.Text, Text: Print(v), At: v.At}
	case !v.Is(ciyaml.String):
		return v
	}
	decoder := json.NewDecoder(strings.NewReader(v.Text))
	decoder.UseNumber()
	var parsed any
	if err := decoder.Decode(&parsed); err != nil || decoder.More() {
		return v
	}
	return fromJSON(parsed, v)
}

// check says why GitLab refuses a value.
func (d declaration) check(v *ciyaml.Value, options []*ciyaml.Value, origin string) []string {
	var errors []string
	isNumber := v.Is(ciyaml.Integer) || v.Is(ciyaml.Float)
	switch {
	case d.kind == "array" && v.Kind != ciyaml.List:
		errors = append(errors, origin+" value is not an array")
	case d.kind == "boolean" && !v.Is(ciyaml.Boolean):
		errors = append(errors, origin+" value is not a boolean")
	case d.kind == "number" && !isNumber:
		errors = append(errors, origin+" value is not a number")
	}
	isOption := func(option *ciyaml.Value) bool {
		return option.Text == v.Text && (d.kind == "string" || option.Type == v.Type)
	}
	switch {
	case options == nil:
	case d.kind != "string" && d.kind != "number":
		errors = append(errors, "Options can only be used with string and number inputs")
	case !slices.ContainsFunc(options, isOption):
		errors = append(errors, fmt.Sprintf("`%s` cannot be used because it is not in the list of allowed options", v.Text))
	}
	if d.regex != nil && d.kind == "string" && !d.regex.MatchString(v.Text) {
		errors = append(errors, origin+" value does not match required RegEx pattern")
	}
	return errors
}
