package definition_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/schema"
)

// readByHand are keys of the schema that no field of a struct has.
var readByHand = map[string][]string{
	"Definition": {"version", "defaults", "include", "mirrors", "distributions", "images"},
	"Image":      {"byHand"}, // the old name of `manual: rebuild`
}

// TestSchemaAndStructsHaveTheSameKeys compares the keys of the CUE schema with those of the structs, in both directions.
func TestSchemaAndStructsHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	for name, structure := range map[string]reflect.Type{
		"Definition": reflect.TypeFor[definition.Definition](), "Image": reflect.TypeFor[definition.Image](),
		"ProjectImage": reflect.TypeFor[definition.ProjectImage](), "Distribution": reflect.TypeFor[schema.Recipe](),
	} {
		s, err := shape.Definition(name)
		if err != nil {
			t.Fatal(err)
		}
		compareKeys(t, name, s, structure)
	}
}

func compareKeys(t *testing.T, at string, s *shape.Shape, structure reflect.Type) {
	t.Helper()
	inStruct := map[string]reflect.Type{}
	for _, f := range schema.Keys(structure) {
		inStruct[f.Key] = structure.FieldByIndex(f.Index).Type
	}
	inSchema := map[string]bool{}
	for _, f := range s.Object.Fields {
		inSchema[f.Name] = true
		switch value, ok := inStruct[f.Name]; {
		case !ok && !slices.Contains(readByHand[at], f.Name):
			t.Errorf("%s has the key %s in the schema, but no field with the tag yaml:%q in %s", at, f.Name, f.Name, structure)
		case ok:
			compareValues(t, at+"."+f.Name, f.Shape, value)
		}
	}
	for key := range inStruct {
		if !inSchema[key] {
			t.Errorf("%s has the key %s, want a field of this name in the schema of %s", structure, key, at)
		}
	}
}

// compareValues compares the structs that are values or items of lists.
func compareValues(t *testing.T, at string, s *shape.Shape, value reflect.Type) {
	t.Helper()
	if value.Kind() == reflect.Slice && s.Item != nil {
		s, value = s.Item, value.Elem()
	}
	if s.Object != nil && s.Object.Fields != nil && value.Kind() == reflect.Struct && len(schema.Keys(value)) > 0 {
		compareKeys(t, at, s, value)
	}
}

// TestDefaultsHaveTheShapesOfImages holds the second list of fields in the schema against the first.
func TestDefaultsHaveTheShapesOfImages(t *testing.T) {
	t.Parallel()
	image, err := shape.Definition("Image")
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := shape.Definition("Defaults")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range defaults.Object.Fields {
		i := slices.IndexFunc(image.Object.Fields, func(other shape.Field) bool { return other.Name == f.Name })
		if i < 0 {
			t.Errorf("defaults have the key %s, want one of an image", f.Name)
			continue
		}
		want, got := *image.Object.Fields[i].Shape, *f.Shape
		want.Doc, got.Doc = "", ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s has another shape in defaults than in an image (-image +defaults):\n%s", f.Name, diff)
		}
	}
}

// TestVariablesAreOfTheContract compares the tags `var` with the constants that the job commands read. Those of schema.Config have none:
// schema.Read reads them.
func TestVariablesAreOfTheContract(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../../schema/contract.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range schema.Leaves(reflect.TypeFor[definition.Image]()) {
		if f.Variable == "" || slices.ContainsFunc(schema.Leaves(reflect.TypeFor[schema.Config]()), func(c schema.Field) bool { return c.Variable == f.Variable }) {
			continue
		}
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^\tVar\w+\s+= "%s"$`, f.Variable)).Match(contract) {
			t.Errorf("the field %s has the variable %s, want one of schema/contract.go", f.Name, f.Variable)
		}
	}
}
