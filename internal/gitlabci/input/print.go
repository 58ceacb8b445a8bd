package input

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
)

// Print is a value as Ruby makes text of it: null is empty, and lists and maps are as in Ruby's code.
func Print(v *ciyaml.Value) string {
	if v.Kind == ciyaml.Text {
		return v.Text
	}
	if v.Kind == ciyaml.Null {
		return ""
	}
	return inspect(v)
}

func inspect(v *ciyaml.Value) string {
	var parts []string
	switch v.Kind {
	case ciyaml.Text:
		if v.Type == ciyaml.String {
			return strconv.Quote(v.Text)
		}
		return v.Text
	case ciyaml.List, ciyaml.Reference:
		for _, item := range v.Items {
			parts = append(parts, inspect(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case ciyaml.Map:
		for _, field := range v.Fields {
			parts = append(parts, ":"+field.Name+"=>"+inspect(field.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case ciyaml.Null:
	}
	return "nil"
}

// fromJSON is a value of JSON, at the place of the text that it was read from.
func fromJSON(parsed any, at *ciyaml.Value) *ciyaml.Value {
	out := &ciyaml.Value{Kind: ciyaml.Text, At: at.At}
	switch parsed := parsed.(type) {
	case nil:
		out.Kind = ciyaml.Null
	case bool:
		out.Text, out.Type = strconv.FormatBool(parsed), ciyaml.Boolean
	case json.Number:
		out.Text, out.Type = parsed.String(), ciyaml.Integer
		if strings.ContainsAny(out.Text, ".eE") {
			out.Type = ciyaml.Float
		}
	case string:
		out.Text = parsed
	case []any:
		out.Kind = ciyaml.List
		for _, item := range parsed {
			out.Items = append(out.Items, fromJSON(item, at))
		}
	case map[string]any:
		out.Kind = ciyaml.Map
		for _, name := range slices.Sorted(maps.Keys(parsed)) {
			out.Fields = append(out.Fields, ciyaml.Field{Name: name, At: at.At, Value: fromJSON(parsed[name], at)})
		}
	}
	return out
}
