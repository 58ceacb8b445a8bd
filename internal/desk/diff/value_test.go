package diff

import (
	"encoding"
	"reflect"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestPlainKnowsAllFields sets each field of the language, and wants its value in the plain one.
func TestPlainKnowsAllFields(t *testing.T) {
	t.Parallel()
	for _, structure := range []reflect.Type{reflect.TypeFor[definition.Definition](), reflect.TypeFor[definition.Image](), reflect.TypeFor[definition.Distribution]()} {
		for _, f := range schema.Leaves(structure) {
			if f.Key == "" || f.Name == "Runners" { // runners has its own comparison
				continue
			}
			value := reflect.New(structure.FieldByIndex(f.Index).Type).Elem()
			fill(value)
			got := describe(plain(value))
			if got == "" || strings.Contains(got, " Value>") || strings.Contains(got, "0x") {
				t.Errorf("%s of %s: got %q", f.Name, structure, got)
			}
		}
	}
}

// fill sets a value, and all values in it.
func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[definition.GitLab]() {
		v.Set(reflect.ValueOf(definition.OldestGitLab))
		return
	}
	if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		for _, sample := range []string{"v1", "registry.example.org/a/b:1", "2027-01-31", "sha256:" + strings.Repeat("a", 64), "10", "90d", "group/*"} {
			if text.UnmarshalText([]byte(sample)) == nil {
				return
			}
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("v1")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}
