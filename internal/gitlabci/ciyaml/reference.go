package ciyaml

import (
	"slices"
	"strings"
)

// maxReferences is how deep references may lead to others.
const maxReferences = 10

// resolver replaces references by the values that they name.
type resolver struct {
	*reader
	top *Value
	// active are the references that are being followed, each found in the value of the one before.
	active []string
}

// resolve replaces references by the values that they name.
func (r *reader) resolve(top *Value) *Value {
	s := &resolver{reader: r, top: top}
	return s.value(top)
}

func (s *resolver) value(v *Value) *Value {
	if v.Kind == Text || v.Kind == Null || !s.budget.spend(v.At, 1) {
		return v
	}
	out := &Value{Kind: v.Kind, At: v.At}
	switch v.Kind {
	case List:
		for _, item := range v.Items {
			out.Items = append(out.Items, s.value(item))
		}
	case Map:
		for _, field := range v.Fields {
			field.Value = s.value(field.Value)
			out.Fields = append(out.Fields, field)
		}
	case Reference:
		return s.reference(v)
	case Null, Text:
	}
	return out
}

// reference returns the value that a reference names. That may be another reference.
func (s *resolver) reference(v *Value) *Value {
	names := v.names()
	text := "[" + strings.Join(names, ", ") + "]"
	switch {
	case slices.Contains(s.active, text):
		s.fail(v.At, "!reference %s leads back to itself", text).WithHint("write the value instead of one of the references")
		return &Value{At: v.At}
	case len(s.active) == maxReferences:
		s.fail(v.At, "!reference %s is in a chain of more than %d references", text, maxReferences).
			WithHint("write the value instead of one of the references")
		return &Value{At: v.At}
	}
	named := s.top
	for _, name := range names {
		named = named.Get(name)
	}
	switch {
	case len(names) > 0 && named != nil:
	case len(names) > 0 && (s.isPartial || s.isElsewhere(names[0])):
		return v
	default:
		s.fail(v.At, "!reference %s names nothing", text).WithHint("write the names of a job and of a key that it has, or remove the reference")
		return &Value{At: v.At}
	}
	s.active = append(s.active, text)
	defer func() { s.active = s.active[:len(s.active)-1] }()
	return s.value(named)
}

// isElsewhere reports whether a job is one that is known from elsewhere, of which not every key is.
func (s *resolver) isElsewhere(name string) bool {
	if s.source.Elsewhere == nil || !s.known {
		return false
	}
	_, ok := s.source.Elsewhere.Job(name)
	return ok
}

// names are the parts of a reference.
func (v *Value) names() []string {
	var out []string
	for _, item := range v.Items {
		out = append(out, item.Text)
	}
	return out
}
