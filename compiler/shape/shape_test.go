package shape

import (
	"regexp"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
)

// TestEveryConstraintSaysWhatItWants walks all shapes: a value that CUE may refuse needs a sentence for the user, and
// everything that a user may write needs a description.
func TestEveryConstraintSaysWhatItWants(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Definition", "Include", "Image", "Job", "Header", "Component", "ImageName"} {
		root, err := Definition(name)
		if err != nil {
			t.Fatal(err)
		}
		isUsers := name == "Definition" || name == "Include"
		walk(root, name, func(at string, s *Shape, isField bool) {
			if s.Scalar != nil && (s.Scalar.Patterns != nil || s.Scalar.Range != nil) && s.Scalar.Say == "" {
				t.Errorf("%s has a constraint without @say", at)
			}
			if isUsers && isField && s.Doc == "" {
				t.Errorf("%s has no description", at)
			}
			if len(s.Kinds()) == 0 {
				t.Errorf("%s may be nothing", at)
			}
		})
	}
}

// TestEveryPatternCompiles holds that no expression of the schema can fail when it is needed.
func TestEveryPatternCompiles(t *testing.T) {
	t.Parallel()
	count := 0
	for _, definition := range prepared {
		walk(&definition.Shape, definition.Name, func(at string, s *Shape, _ bool) {
			if s.Scalar == nil {
				return
			}
			for _, pattern := range s.Scalar.Patterns {
				count++
				if _, err := regexp.Compile(pattern.Text); err != nil {
					t.Errorf("%s: %v", at, err)
				}
			}
		})
	}
	if count < 40 {
		t.Errorf("%d patterns, want those of all definitions", count)
	}
}

func walk(s *Shape, at string, visit func(at string, s *Shape, isField bool)) {
	visit(at, s, false)
	if s.Item != nil {
		walk(s.Item, at+"[]", visit)
	}
	if s.Object == nil {
		return
	}
	if s.Object.Value != nil {
		walk(s.Object.Value, at+".*", visit)
	}
	for _, f := range s.Object.Fields {
		visit(at+"."+f.Name, f.Shape, true)
		walk(f.Shape, at+"."+f.Name, visit)
	}
}

func TestFormsAreSelectedByKind(t *testing.T) {
	t.Parallel()
	image, err := Definition("Image")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]tree.Kind{
		"base": {tree.String, tree.Map}, "tag": {tree.String, tree.Map}, "entrypoint": {tree.String, tree.List},
		"manual": {tree.String, tree.Bool}, "publish": {tree.Bool}, "packages": {tree.List}, "stages": {tree.Map},
	} {
		got := image.Object.field(name).Shape.Kinds()
		if len(got) != len(want) {
			t.Errorf("%s has the forms %v, want %v", name, got, want)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s has the forms %v, want %v", name, got, want)
			}
		}
	}
}
