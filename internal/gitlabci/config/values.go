package config

import (
	"fmt"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

// mapping checks that a value is a map with known keys.
func (r *reader) mapping(v *ciyaml.Value, where string, allowed ...string) {
	if v.Kind != ciyaml.Map {
		r.fail(v, where, "config should be a hash")
	} else if unknown := v.Unknown(allowed...); unknown != "" {
		r.fail(v, where, "config contains unknown keys: %s", unknown)
	}
}

// text is a string, or empty where there is none.
func (r *reader) text(v *ciyaml.Value, where string) string {
	if v == nil {
		return ""
	}
	if !v.Is(ciyaml.String) {
		r.fail(v, where, "should be a string")
	}
	return v.String()
}

// flag sets a field to true or false where there is a value.
func (r *reader) flag(v *ciyaml.Value, where string, field *bool) {
	if value := r.boolean(v, where); value != nil {
		*field = *value
	}
}

// boolean is true or false, or nil where there is none.
func (r *reader) boolean(v *ciyaml.Value, where string) *bool {
	if v == nil {
		return nil
	}
	if !v.Is(ciyaml.Boolean) {
		r.fail(v, where, "should be a boolean value")
		return nil
	}
	value := v.Text == "true"
	return &value
}

// texts is a list of strings.
func (r *reader) texts(v *ciyaml.Value, where string) []string {
	if v == nil {
		return nil
	}
	out := []string{}
	for _, item := range v.Items {
		if item.Is(ciyaml.String) {
			out = append(out, item.Text)
		}
	}
	if v.Kind != ciyaml.List || len(out) != len(v.Items) {
		r.fail(v, where, "config should be an array of strings")
	}
	return out
}

// maxNesting is how deep lists may be nested that GitLab flattens.
const maxNesting = 10

// nested is a list of strings and of such lists.
func (r *reader) nested(v *ciyaml.Value, where string) []string {
	var out []string
	isValid := v.Kind == ciyaml.List
	for _, item := range flatten(v, maxNesting) {
		isValid = isValid && item.Is(ciyaml.String)
		out = append(out, item.Text)
	}
	if !isValid {
		r.fail(v, where, "config should be an array of strings or a nested array of strings up to %d levels deep", maxNesting)
	}
	return out
}

// flatten are the items of a list and of the lists in it. Lists that are nested deeper stay.
func flatten(v *ciyaml.Value, depth int) []*ciyaml.Value {
	if v == nil || v.Kind != ciyaml.List || depth < 0 {
		return []*ciyaml.Value{v}
	}
	var out []*ciyaml.Value
	for _, item := range v.Items {
		out = append(out, flatten(item, depth-1)...)
	}
	return out
}

// variables reads `variables`. Allowed are the keys that a variable may have.
func (r *reader) variables(v *ciyaml.Value, where string, allowed ...string) variable.List {
	if v == nil {
		return nil
	}
	if v.Kind != ciyaml.Map {
		r.fail(v, where, "config should be a hash")
		return nil
	}
	out := make(variable.List, 0, len(v.Fields))
	for _, field := range v.Fields {
		value := variable.Variable{Name: field.Name}
		if slices.Contains([]ciyaml.Type{ciyaml.Boolean, ciyaml.Float, ciyaml.Nothing}, field.Type) {
			r.problems.Addf(field.At, "%s:%s key must be an alphanumeric string", where, field.Name)
		}
		switch field.Value.Kind {
		case ciyaml.Text:
			value.Value = field.Value.Text
		case ciyaml.Map:
			value = r.variable(field, where+":"+field.Name, allowed)
		case ciyaml.List, ciyaml.Reference:
			r.fail(field.Value, fmt.Sprintf("%s:%s", where, field.Name), "variable definition must be either a string or a hash")
		case ciyaml.Null:
		}
		out = append(out, value)
	}
	return out
}

// variable reads a variable that is a map.
func (r *reader) variable(field ciyaml.Field, where string, allowed []string) variable.Variable {
	v := field.Value
	if len(allowed) == 0 {
		r.fail(v, where, "config must be a string")
	} else if unknown := v.Unknown(allowed...); unknown != "" {
		r.fail(v, where, "config uses invalid data keys: %s", unknown)
	}
	value := v.Get("value")
	if value != nil && value.Kind != ciyaml.Text {
		r.fail(value, where, "config value must be a scalar")
	}
	out := variable.Variable{Name: field.Name, Value: value.String()}
	isExpanded := true
	r.flag(v.Get("expand"), where+" config expand", &isExpanded)
	out.IsRaw = !isExpanded
	if options := v.Get("options"); options != nil {
		if !slices.Contains(r.texts(options, where+" config options"), out.Value) {
			r.fail(v, where, "config value must be present in options")
		}
	}
	return out
}

// inheritance reads a part of `inherit`.
func (r *reader) inheritance(v *ciyaml.Value, where string) Inheritance {
	switch {
	case v == nil:
		return Inheritance{All: true}
	case v.Is(ciyaml.Boolean):
		return Inheritance{All: v.Text == "true"}
	case v.Kind == ciyaml.List:
		return Inheritance{Names: r.texts(v, where)}
	}
	r.fail(v, where, "should be a bool or array of strings")
	return Inheritance{}
}
