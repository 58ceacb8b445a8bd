package definition

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// decoder is a type with a form of its own in a definition. It reports whether there is a value.
type decoder interface {
	decode(l *loader, n *tree.Node) bool
}

// decode sets the fields of a struct from a map, by their keys. It leaves out values of the wrong kind, which the check has reported.
func (l *loader) decode(n *tree.Node, into any) { l.value(n, reflect.ValueOf(into).Elem()) }

func (l *loader) value(n *tree.Node, v reflect.Value) bool {
	if n == nil {
		return false
	}
	switch special := v.Addr().Interface().(type) {
	case decoder:
		return special.decode(l, n)
	case *schema.Entrypoint:
		return l.value(n, reflect.ValueOf(&special.Path).Elem()) || l.value(n, reflect.ValueOf(&special.List).Elem())
	case encoding.TextUnmarshaler:
		return n.Kind == tree.String && special.UnmarshalText([]byte(n.Text)) == nil
	}
	switch kind := v.Kind(); {
	case kind == reflect.Struct && n.Kind == tree.Map:
		l.structure(n, v)
	case kind == reflect.Slice && n.Kind == tree.List:
		l.list(n, v)
	case kind == reflect.Map && n.Kind == tree.Map:
		v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Fields)))
		for _, field := range n.Fields {
			if entry := reflect.New(v.Type().Elem()).Elem(); l.value(field.Value, entry) {
				v.SetMapIndex(reflect.ValueOf(field.Name).Convert(v.Type().Key()), entry)
			}
		}
	case kind == reflect.String && n.Kind == tree.String:
		v.SetString(n.Text)
	case kind == reflect.Bool && n.Kind == tree.Bool:
		v.SetBool(n.Text == "true")
	case v.CanInt() && (n.Kind == tree.Int || n.Kind == tree.String):
		v.SetInt(quantity(n.Text))
	default:
		return false
	}
	return true
}

func (l *loader) structure(n *tree.Node, v reflect.Value) {
	known := schema.Keys(v.Type())
	for _, field := range n.Fields {
		f, ok := known[field.Name]
		if !ok {
			continue // reported by the check
		}
		value := field.Value
		if f.IsPath {
			value = l.paths(value)
		}
		l.value(value, v.FieldByIndex(f.Index))
	}
	if span := v.FieldByName("Span"); span.IsValid() {
		span.Set(reflect.ValueOf(n.Span))
	}
}

func (l *loader) list(n *tree.Node, v reflect.Value) {
	out := reflect.MakeSlice(v.Type(), 0, len(n.Items))
	for _, item := range n.Items {
		if value := reflect.New(v.Type().Elem()).Elem(); l.value(item, value) {
			out = reflect.Append(out, value)
		}
	}
	v.Set(out)
}

// paths returns a path, or paths in a list or map, without those that lead out of the project. It reports these.
func (l *loader) paths(n *tree.Node) *tree.Node {
	inside := *n
	switch n.Kind {
	case tree.String:
		if !l.inside(n) || strings.Contains(n.Text, `\`) {
			return nil // reported here, or by the check
		}
	case tree.List:
		inside.Items = slices.DeleteFunc(slices.Clone(n.Items), func(item *tree.Node) bool { return l.paths(item) == nil })
	case tree.Map:
		inside.Fields = slices.DeleteFunc(slices.Clone(n.Fields), func(field tree.Field) bool { return l.paths(field.Value) == nil })
	}
	return &inside
}

// units are those of sizes, in bytes, and of durations, in seconds.
var units = map[string]int64{"": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "m": 60, "h": 3600}

// quantity reads a number, or a number with a unit.
func quantity(text string) int64 {
	unit := strings.TrimLeft(text, "0123456789")
	if factor, ok := units[unit]; ok && unit != "" {
		value, _ := strconv.ParseInt(text[:len(text)-len(unit)], 10, 64) // the check reports a number that is too large
		return value * factor
	}
	value, _ := strconv.ParseInt(text, 0, 64)
	return value
}

// Located is a value with its place; the place of an absent value is the zero Span.
type Located[T any] struct {
	Value T
	Span  diagnostic.Span
}

// Present reports whether the definition has the value.
func (l Located[T]) Present() bool { return l.Span != diagnostic.Span{} }

// MarshalText returns the value as text; none for false.
func (l Located[T]) MarshalText() ([]byte, error) {
	if any(l.Value) == any(false) {
		return nil, nil
	}
	return fmt.Append(nil, l.Value), nil
}

func (l *Located[T]) decode(from *loader, n *tree.Node) bool {
	ok := from.value(n, reflect.ValueOf(&l.Value).Elem())
	if ok {
		l.Span = n.Span
	}
	return ok
}

// Words are values that have no white space.
type Words []Located[string]

// Values returns the words without their places.
func (w Words) Values() []string {
	out := make([]string, len(w))
	for i := range w {
		out[i] = w[i].Value
	}
	return out
}

// MarshalText separates the words by spaces.
func (w Words) MarshalText() ([]byte, error) { return []byte(strings.Join(w.Values(), " ")), nil }

// Entry is an entry of a map.
type Entry[T any] struct {
	Name  string
	Value T
	// Span is the place of the name.
	Span diagnostic.Span
}

// Entries are a map in the order of the source.
type Entries[T any] []Entry[T]

// MarshalJSON returns a JSON object with the entries in their order.
func (e Entries[T]) MarshalJSON() ([]byte, error) {
	parts := make([]string, len(e))
	for i, entry := range e {
		parts[i] = schema.JSON(entry.Name) + ":" + schema.JSON(entry.Value)
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}

func (e *Entries[T]) decode(l *loader, n *tree.Node) bool {
	if n.Kind != tree.Map {
		return false
	}
	*e = make(Entries[T], 0, len(n.Fields))
	for _, field := range n.Fields {
		entry := Entry[T]{Name: field.Name, Span: field.Span}
		if l.value(field.Value, reflect.ValueOf(&entry.Value).Elem()) {
			*e = append(*e, entry)
		}
	}
	return true
}
