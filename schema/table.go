package schema

import (
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Field is a field of the language. definition.cue has its shape and its sentence for users; a struct has it once more, with tags for
// everything else:
//
//	yaml  its key in a definition; without this tag, the name in JSON is the key
//	var   the variable that carries it to jobs; "NAME=value" for a boolean, where value means true
//	hash  "yes" if the content tag depends on it, otherwise "no"
//	is    "path" if it may not lead out of the project
//	for   the kind of image that may have it, "packages" or "containerfile"; without this tag, both
type Field struct {
	// Name is its name in the struct: "Workdir", "Build.Cache".
	Name     string
	Key      string
	Variable string
	Hash     string
	For      string
	IsPath   bool
	Index    []int

	whenTrue string
}

var keys, leaves sync.Map // from types, since the tags are parsed once

// Keys returns the fields of a struct by their keys, with those of embedded structs without one.
func Keys(structure reflect.Type) map[string]Field {
	return cached(&keys, structure, func() map[string]Field {
		byKey := map[string]Field{}
		for _, f := range fieldsOf(structure, Field{}, false) {
			byKey[f.Key] = f
		}
		return byKey
	})
}

// Leaves returns the fields of a struct, with those of structs in it whose own fields have variables or hashes.
func Leaves(structure reflect.Type) []Field {
	return cached(&leaves, structure, func() []Field { return fieldsOf(structure, Field{}, true) })
}

func cached[T any](known *sync.Map, structure reflect.Type, read func() T) T {
	value, ok := known.Load(structure)
	if !ok {
		value, _ = known.LoadOrStore(structure, read())
	}
	return value.(T)
}

func fieldsOf(structure reflect.Type, outer Field, deep bool) (fields []Field) {
	for member := range structure.Fields() {
		f := newField(member, outer)
		f.Index = slices.Concat(outer.Index, member.Index)
		inner := member.Type.Kind() == reflect.Struct && (f.Key == "" && member.Anonymous || deep && f.Variable == "" && hasTable(member.Type))
		switch {
		case inner && member.Anonymous:
			f.Name = outer.Name
			fields = append(fields, fieldsOf(member.Type, f, deep)...)
		case inner:
			f.Name += "."
			fields = append(fields, fieldsOf(member.Type, f, deep)...)
		case deep || f.Key != "":
			fields = append(fields, f)
		}
	}
	return fields
}

func newField(member reflect.StructField, outer Field) Field {
	key, _, _ := strings.Cut(cmp.Or(member.Tag.Get("yaml"), member.Tag.Get("json")), ",")
	f := Field{
		Name: outer.Name + member.Name, Key: strings.Trim(key, "-"), Hash: cmp.Or(member.Tag.Get("hash"), outer.Hash),
		For: member.Tag.Get("for"), IsPath: member.Tag.Get("is") == "path",
	}
	f.Variable, f.whenTrue, _ = strings.Cut(member.Tag.Get("var"), "=")
	return f
}

// hasTable reports whether fields of a struct have tags of their own.
func hasTable(structure reflect.Type) bool {
	for member := range structure.Fields() {
		if member.Tag.Get("var") != "" || member.Tag.Get("hash") != "" {
			return true
		}
	}
	return false
}

// Text returns the value of the field's variable; empty for none. structure is the struct that the field is from.
func (f Field) Text(structure reflect.Value) string {
	value := structure.FieldByIndex(f.Index)
	switch kind := value.Kind(); {
	case value.IsZero(), (kind == reflect.Slice || kind == reflect.Map) && value.Len() == 0:
		return ""
	case kind == reflect.String:
		return value.String()
	case kind == reflect.Bool:
		return f.whenTrue
	}
	if text, ok := value.Interface().(encoding.TextMarshaler); ok {
		out, err := text.MarshalText()
		if err != nil {
			return "" // unreachable: the fields of the language are text
		}
		return string(out)
	}
	return JSON(value.Interface())
}

// Read sets the fields of a struct that have a variable. The error names each variable that is wrong.
func Read(getenv func(string) string, into any) error {
	structure := reflect.ValueOf(into).Elem()
	var invalid error
	for _, f := range Leaves(structure.Type()) {
		if text := getenv(f.Variable); f.Variable != "" && text != "" {
			if err := set(structure.FieldByIndex(f.Index), text); err != nil {
				invalid = errors.Join(invalid, fmt.Errorf("%s is not the JSON that it should be: %w", f.Variable, err))
			}
		}
	}
	return invalid
}

func set(field reflect.Value, text string) error {
	if special, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return special.UnmarshalText([]byte(text))
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
		return nil
	case reflect.Bool:
		field.SetBool(true)
		return nil
	default:
		return json.Unmarshal([]byte(text), field.Addr().Interface())
	}
}

// JSON returns a value of the contract as JSON on one line, without escapes for HTML.
func JSON(value any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "" // unreachable: the contract has only text, numbers and booleans
	}
	return strings.TrimSuffix(b.String(), "\n")
}
