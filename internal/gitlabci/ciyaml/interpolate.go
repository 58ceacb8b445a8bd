package ciyaml

import (
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// Interpolate returns a value with each text and each name of a field replaced that may have inputs, `$[[ … ]]`. As in GitLab, an
// item of a list that becomes a list is replaced by its items.
func (l *Loader) Interpolate(v *Value, replace func(*Value) *Value) *Value {
	if v.Kind == Null || v.Kind == Reference || !l.budget.spend(v.At, 1) {
		return v
	}
	out := &Value{Kind: v.Kind, At: v.At}
	switch v.Kind {
	case Text:
		if IsOpen(v.Text) {
			return replace(v)
		}
		return v
	case List:
		for _, item := range v.Items {
			value := l.Interpolate(item, replace)
			if item.Kind == Text && value.Kind == List {
				out.Items = append(out.Items, value.Items...)
				continue
			}
			out.Items = append(out.Items, value)
		}
	case Map:
		index := map[string]int{}
		for _, field := range v.Fields {
			field.Name = l.Interpolate(&Value{Kind: Text, Text: field.Name, At: field.At}, replace).String()
			field.Value = l.Interpolate(field.Value, replace)
			if i, ok := index[field.Name]; ok {
				out.Fields[i] = field
				continue
			}
			index[field.Name] = len(out.Fields)
			out.Fields = append(out.Fields, field)
		}
	case Null, Reference:
	}
	return out
}

var input = pattern.Lazy(`\$\[\[\s*inputs\.([A-Za-z0-9_-]+)\s*\]\]`)

// inputs are those of a file: what an include gives it, and its header.
type inputs struct{ given, header *Value }

// replace puts inputs in their places. One without a value stays.
func (in inputs) replace(v *Value) *Value {
	if m := input().FindStringSubmatch(v.Text); m != nil && m[0] == v.Text {
		if value := in.value(m[1]); value != nil {
			return value
		}
	}
	return &Value{Kind: Text, At: v.At, Text: input().ReplaceAllStringFunc(v.Text, func(use string) string {
		value := in.value(input().FindStringSubmatch(use)[1])
		if value == nil || value.Kind != Text {
			return use
		}
		return value.Text
	})}
}

// value is the value of an input: the one that the include gives it, or its default.
func (in inputs) value(name string) *Value {
	if given := in.given.Get(name); given != nil {
		return given
	}
	return in.header.Get("spec").Get("inputs").Get(name).Get("default")
}

// IsOpen reports whether a text still has an input in it: one without a value, or one that goes through a function.
func IsOpen(text string) bool { return strings.Contains(text, "$[[") }

// hasOpenNames reports whether a key of a file may get another name.
func hasOpenNames(top *Value) bool {
	return slices.ContainsFunc(top.Fields, func(field Field) bool { return IsOpen(field.Name) })
}
