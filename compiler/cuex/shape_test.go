package cuex

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestEveryConstraintSaysWhatItWants walks all shapes: a value that CUE may refuse needs a sentence for the user, and
// everything that a user may write needs a description.
func TestEveryConstraintSaysWhatItWants(t *testing.T) {
	t.Parallel()
	s, err := Load(schema.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Definition", "Include", "Image", "Job", "Header", "Component", "ImageName"} {
		root, err := s.shape(name)
		if err != nil {
			t.Fatal(err)
		}
		isUsers := name == "Definition" || name == "Include"
		walk(root, name, func(at string, s *shape, isField bool) {
			if s.scalar != nil && s.scalar.constraint.Exists() && s.scalar.say == "" {
				t.Errorf("%s has a constraint without @say", at)
			}
			if isUsers && isField && s.doc == "" {
				t.Errorf("%s has no description", at)
			}
			if len(s.kinds()) == 0 {
				t.Errorf("%s may be nothing", at)
			}
		})
	}
}

func walk(s *shape, at string, visit func(at string, s *shape, isField bool)) {
	visit(at, s, false)
	if s.item != nil {
		walk(s.item, at+"[]", visit)
	}
	if s.object == nil {
		return
	}
	if s.object.value != nil {
		walk(s.object.value, at+".*", visit)
	}
	for _, f := range s.object.fields {
		visit(at+"."+f.name, f.shape, true)
		walk(f.shape, at+"."+f.name, visit)
	}
}

func TestFormsAreSelectedByKind(t *testing.T) {
	t.Parallel()
	s, err := Load(schema.FS)
	if err != nil {
		t.Fatal(err)
	}
	image, err := s.shape("Image")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]tree.Kind{
		"base": {tree.String, tree.Map}, "tag": {tree.String, tree.Map}, "entrypoint": {tree.String, tree.List},
		"manual": {tree.String, tree.Bool}, "publish": {tree.Bool}, "packages": {tree.List}, "stages": {tree.Map},
	} {
		got := image.object.fields[image.object.index[name]].shape.kinds()
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
