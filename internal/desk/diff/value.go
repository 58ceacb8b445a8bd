package diff

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// plain returns a value of the definition without places: nil, a string, a []any, or a map[string]any by the keys of the language. Empty
// values are nil.
func plain(v reflect.Value) any {
	if !v.IsValid() || v.IsZero() {
		return nil
	}
	switch value := v.Interface().(type) {
	case definition.Words:
		return list(reflect.ValueOf(value.Values()))
	case definition.Base:
		return baseName(value)
	case schema.Entrypoint:
		return schema.JSON(value.Arguments())
	case encoding.TextMarshaler:
		text, err := value.MarshalText()
		if err != nil || len(text) == 0 {
			return nil
		}
		return string(text)
	case fmt.Stringer:
		return text(value.String())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return plain(v.Elem())
	case reflect.Struct:
		return structure(v)
	case reflect.Map:
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[fmt.Sprint(key.Interface())] = plain(v.MapIndex(key))
		}
		return orNil(out)
	case reflect.Slice:
		if entries, ok := entriesOf(v); ok {
			return orNil(entries)
		}
		return list(v)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	default:
		return text(fmt.Sprint(v.Interface()))
	}
}

// text is a text, or nil for an empty one.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNil(m map[string]any) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

func list(v reflect.Value) any {
	if v.Len() == 0 {
		return nil
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = plain(v.Index(i))
	}
	return out
}

// structure returns the fields that have a key.
func structure(v reflect.Value) any {
	out := map[string]any{}
	for key, field := range schema.Keys(v.Type()) {
		if value := plain(v.FieldByIndex(field.Index)); key != "" && value != nil {
			out[key] = withUnit(key, value)
		}
	}
	return orNil(out)
}

// withUnit returns a number as a definition has it: with the unit of its key.
func withUnit(key string, value any) any {
	units := []unit{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}}
	switch key {
	case "timeout":
		units = []unit{{"h", 3600}, {"m", 60}}
	case "memory", "memorySwap", "maxSize":
	default:
		return value
	}
	number, err := strconv.ParseInt(describe(value), 10, 64)
	for _, u := range units {
		if err == nil && number%u.size == 0 {
			return strconv.FormatInt(number/u.size, 10) + u.name
		}
	}
	return value
}

// unit is a unit of seconds or bytes.
type unit struct {
	name string
	size int64
}

// entriesOf returns definition.Entries of any type as a map.
func entriesOf(v reflect.Value) (map[string]any, bool) {
	element := v.Type().Elem()
	if element.Kind() != reflect.Struct || element.NumField() != 3 || element.Field(0).Name != "Name" || element.Field(1).Name != "Value" {
		return nil, false
	}
	out := map[string]any{}
	for i := range v.Len() {
		value := plain(v.Index(i).Field(1))
		if value == nil {
			value = ""
		}
		out[v.Index(i).Field(0).String()] = value
	}
	return out, true
}

func baseName(base definition.Base) any {
	switch {
	case base.Image != "":
		return base.Image
	case base.Project.Path != "":
		return base.Project.Path + "/" + base.Project.Image + ":" + base.Project.Tag.String()
	default:
		return text(base.Outside.String())
	}
}
