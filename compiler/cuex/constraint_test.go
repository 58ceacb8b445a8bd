package cuex

import (
	"strconv"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"gitlab.com/stemma-ci/stemma/compiler/shape"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// FuzzConstraints holds that the prepared shapes judge each text and each number as CUE does.
func FuzzConstraints(f *testing.F) {
	for _, text := range []string{
		"", " ", "a", "A", "a/b", "a/b/c", "a..b", "-a", "a-", "1", "0", "07", "0x10", "4294967294", "4294967295", "2", "262144", "262145", "-1",
		"99999999999999999999", "1_000", "90m", "2h", "720h", "721h", "3d", "17.0", "linux/amd64", "linux/arm/v7", "default", "500MB", "0-2,5",
		"docker.io/library/debian:trixie", "registry.example.com:5000/group/image", "https://example.org/group/project.git", "http://proxy:3128",
		"{version}", "{major}.{minor}", "{other}", "a\nb", "a\x00b", "\\", "/usr/src", "user:group", "_x", "é", "\xff", "a\tb", "$x",
	} {
		f.Add(text)
	}
	root, err := loadPackage(schema.FS)
	if err != nil {
		f.Fatal(err)
	}
	shapes, err := Shapes(schema.FS)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, definition := range shapes {
			if scalar := definition.Shape.Scalar; scalar != nil {
				constraint := root.LookupPath(cue.MakePath(cue.Def(definition.Name)))
				want := constraint.Unify(cuecontext.New().Encode(encoded(scalar, text))).Validate(cue.Concrete(true)) == nil
				if got := scalar.Allows(&tree.Node{Kind: scalar.Kind, Text: text}); got != want {
					t.Errorf("#%s allows %q: %v, but CUE says %v", definition.Name, text, got, want)
				}
			}
		}
	})
}

// encoded is what CUE gets: a number where a number is wanted and the text is one.
func encoded(s *shape.Scalar, text string) any {
	if s.Kind == tree.Int {
		if number, err := strconv.ParseInt(text, 0, 64); err == nil {
			return number
		}
	}
	return text
}
