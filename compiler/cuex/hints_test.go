package cuex

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// CUE has no kinds of errors, only the formats of its messages.
func TestMistakesOfCUEHaveHints(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ source, want string }{
		"two values":                {"a: 1\na: 2\n", "keep one of them"},
		"out of bound":              {"a: 1\na: >3\n", "write a value that the constraint allows"},
		"a closed struct":           {"#A: {b?: 1}\na: #A & {c: 2}\n", "remove it, or correct its spelling"},
		"a required field":          {"#A: {b!: 1}\na: #A\n", "add it"},
		"no such reference":         {"a: b\n", "define it, or correct its spelling"},
		"no such field":             {"a: {b: 1}\nc: a.d\n", "define it, or correct its spelling"},
		"no concrete value":         {"a: string\n", "give it a concrete value, or make it hidden with a leading _"},
		"a circle":                  {"a: b + 1\nb: a + 1\n", "break the circle"},
		"an error of the user":      {"a: _|_\n", "remove it, or the condition for it"},
		"an error in other words":   {"a: error(\"no such team\")\n", ""},
		"an import that is missing": {"import \"example.org/other\"\na: other.b\n", "name its module in cue.mod/module.cue and run `stemma lock`, or copy it to cue.mod/pkg"},
		"a brace is missing":        {"a: {\n", "look for a missing bracket, quote or comma here and in the line above"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			InProcess{}.Evaluate(fstest.MapFS{"stemma.cue": {Data: []byte(test.source)}}, "stemma.cue", &found)
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			if diff := cmp.Diff(test.want, found[0].Hint); diff != "" {
				t.Errorf("hint of %q (-want +got):\n%s", found[0].Message, diff)
			}
		})
	}
}

// The hint is about the module file, not about an import.
func TestMistakesOfTheModuleFileHaveHints(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ module, want string }{
		"a brace is missing": {"module: \"a.example/b@v0\"\nlanguage: {version: \"v0.15.0\"\n", "look for a missing bracket, quote or comma here and in the line above"},
		"no language":        {"module: \"a.example/b@v0\"\n", "add a line such as `language: version: \"v0.15.0\"` to cue.mod/module.cue"},
		"an unknown field":   {"module: \"a.example/b@v0\"\nlanguage: version: \"v0.15.0\"\nfoo: 1\n", "remove it from cue.mod/module.cue, or correct its spelling"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			InProcess{}.Evaluate(fstest.MapFS{"stemma.cue": {Data: []byte("package b\na: 1\n")}, "cue.mod/module.cue": {Data: []byte(test.module)}}, "stemma.cue", &found)
			if len(found) != 1 || found[0].Hint != test.want {
				t.Errorf("got %v with the hint %q, want %q", found, found[0].Hint, test.want)
			}
		})
	}
}
