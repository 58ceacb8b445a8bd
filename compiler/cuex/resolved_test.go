package cuex

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/resolved"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestResolvedHasTheFieldsOfItsStructs compares the fields of #Resolved with those of the structs, in both directions.
func TestResolvedHasTheFieldsOfItsStructs(t *testing.T) {
	t.Parallel()
	instance := load.Instances([]string{"."}, &load.Config{FS: schema.FS, Dir: "/", ModuleRoot: "/", Env: []string{}, Registry: workspace{}})[0]
	definition := cuecontext.New().BuildInstance(instance).LookupPath(cue.ParsePath("#Resolved"))
	if err := definition.Err(); err != nil {
		t.Fatal(err)
	}
	compareFields(t, "#Resolved", definition, reflect.TypeFor[resolved.Value]())
}

func compareFields(t *testing.T, at string, v cue.Value, structure reflect.Type) {
	t.Helper()
	inCUE, inGo := map[string]string{}, map[string]string{}
	values := map[string]cue.Value{}
	for fields, _ := v.Fields(cue.Optional(true)); fields.Next(); {
		name := fields.Selector().Unquoted()
		inCUE[name], values[name] = "required", fields.Value()
		if fields.FieldType().ConstraintType() == cue.OptionalConstraint {
			inCUE[name] = "optional"
		}
	}
	for i := range structure.NumField() {
		field := structure.Field(i)
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		inGo[name] = "required"
		if option == "omitempty" {
			inGo[name] = "optional"
		}
		if value, ok := values[name]; ok {
			compareKinds(t, at+"."+name, value, field.Type)
		}
	}
	if diff := cmp.Diff(inCUE, inGo); diff != "" {
		t.Errorf("fields of %s in CUE (-) and in %s (+):\n%s", at, structure, diff)
	}
	if len(slices.Collect(maps.Keys(inCUE))) == 0 {
		t.Errorf("%s has no fields", at)
	}
}

func compareKinds(t *testing.T, at string, v cue.Value, of reflect.Type) {
	t.Helper()
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	kinds := map[reflect.Kind]cue.Kind{
		reflect.String: cue.StringKind, reflect.Bool: cue.BoolKind, reflect.Int: cue.IntKind, reflect.Int64: cue.IntKind,
		reflect.Slice: cue.ListKind, reflect.Map: cue.StructKind, reflect.Struct: cue.StructKind,
	}
	if want := kinds[of.Kind()]; v.IncompleteKind() != want {
		t.Errorf("%s has the kind %s in CUE, want %s for %s", at, v.IncompleteKind(), want, of)
		return
	}
	switch of.Kind() {
	case reflect.Slice:
		compareKinds(t, at+"[]", v.LookupPath(cue.MakePath(cue.AnyIndex)), of.Elem())
	case reflect.Map:
		compareKinds(t, at+"[]", v.LookupPath(cue.MakePath(cue.AnyString)), of.Elem())
	case reflect.Struct:
		compareFields(t, at, v, of)
	}
}
