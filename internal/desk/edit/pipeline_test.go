package edit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIncludeKeepsEverythingElse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want string }{
		"no include":             {"job: {script: [x]}\n", "job: {script: [x]}\n\ninclude:\n  - local: a.yml\n"},
		"a comment above":        {"# Licence\n\n# Jobs.\njob:\n  script: [x]", "# Licence\n\n# Jobs.\njob:\n  script: [x]\n\ninclude:\n  - local: a.yml\n"},
		"a list":                 {"include:\n# ours\n- project: p\n  file: f # x\n- b.yml\n", "include:\n# ours\n- local: a.yml\n- project: p\n  file: f # x\n- b.yml\n"},
		"a list, indented":       {"include:\n    -   b.yml\n", "include:\n    -   local: a.yml\n    -   b.yml\n"},
		"a list in brackets":     {"include: [b.yml, 'c.yml'] # x\n", "include: [{local: a.yml}, b.yml, 'c.yml'] # x\n"},
		"an empty list":          {"include: []\n", "include: [{local: a.yml}]\n"},
		"a file":                 {"include: b.yml # x\n", "include: [{local: a.yml}, b.yml] # x\n"},
		"a file in quotes":       {"include: '/größe/b.yml'\n", "include: [{local: a.yml}, '/größe/b.yml']\n"},
		"one entry":              {"include:\n  # x\n  project: p\n  file:\n    - f\n\njob: {}\n", "include:\n  # x\n  - local: a.yml\n  - project: p\n    file:\n      - f\n\njob: {}\n"},
		"a header":               {"spec:\n  inputs: {}\n---\njob: {}\n", "spec:\n  inputs: {}\n---\njob: {}\n\ninclude:\n  - local: a.yml\n"},
		"one entry in braces":    {"include: {local: b.yml}\n", ""},
		"a list with an anchor":  {"include:\n  - &x {local: b.yml}\n", "include:\n  - local: a.yml\n  - &x {local: b.yml}\n"},
		"a text on more lines":   {"include: |\n  b.yml\n", ""},
		"a list at the top":      {"- a\n", ""},
		"nothing":                {"", ""},
		"no YAML":                {"a: [\n", ""},
		"a byte order mark":      {"\ufeffa: 1\n", ""},
		"a mark at the end":      {"a: 1\n...\n", ""},
		"keys in braces":         {"{job: {}}\n", ""},
		"Windows' ends of lines": {"job: {}\r\n", "job: {}\r\n\ninclude:\n  - local: a.yml\n"},
	} {
		got, err := Include(test.content, Inclusion{File: "a.yml"})
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != (test.want == "") {
			t.Errorf("%s (%v): -want +got\n%s", name, err, diff)
		}
	}
}

func TestIncludePassesInputs(t *testing.T) {
	t.Parallel()
	const one = "$[[ inputs.one ]]"
	for name, test := range map[string]struct{ content, want string }{
		"no include":         {"job: {}\n", "job: {}\n\ninclude:\n  - local: a.yml\n    inputs:\n      one: " + one + "\n"},
		"a list":             {"include:\n-  b.yml\n", "include:\n-  local: a.yml\n   inputs:\n     one: " + one + "\n-  b.yml\n"},
		"a list in brackets": {"include: [b.yml]\n", "include: [{local: a.yml, inputs: {one: '" + one + "'}}, b.yml]\n"},
		"one entry":          {"include:\n  local: b.yml\n", "include:\n  - local: a.yml\n    inputs:\n      one: " + one + "\n  - local: b.yml\n"},
	} {
		got, err := Include(test.content, Inclusion{"a.yml", []string{"one"}})
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s (%v): -want +got\n%s", name, err, diff)
		}
	}
}

func TestInputsAreAddedToAnIncludeThatIsThere(t *testing.T) {
	t.Parallel()
	const one, two = "$[[ inputs.one ]]", "$[[ inputs.two ]]"
	const both = "inputs:\n      one: " + one + "\n      two: " + two + "\n"
	for name, test := range map[string]struct{ content, want string }{
		"a list":                    {"include:\n  - b.yml\n  - local: a.yml # x\njob: {}\n", "include:\n  - b.yml\n  - local: a.yml # x\n    " + both + "job: {}\n"},
		"rules":                     {"include:\n  - rules: [{if: $A}]\n    local: /a.yml\n  - b.yml\n", "include:\n  - rules: [{if: $A}]\n    local: /a.yml\n    " + both + "  - b.yml\n"},
		"one entry":                 {"include:\n    local: 'a.yml'\n", "include:\n    local: 'a.yml'\n    " + both},
		"some inputs":               {"include:\n  - local: a.yml\n    inputs:\n      two: x\n", "include:\n  - local: a.yml\n    inputs:\n      one: " + one + "\n      two: x\n"},
		"all inputs":                {"include:\n  - {local: a.yml, inputs: {one: x, two: y}}\n", "include:\n  - {local: a.yml, inputs: {one: x, two: y}}\n"},
		"a name in a list":          {"include:\n  - a.yml\n", "include:\n  - local: a.yml\n    " + both},
		"a name":                    {"include: a.yml\n", "include: {local: a.yml, inputs: {one: '" + one + "', two: '" + two + "'}}\n"},
		"a list in brackets":        {"include: [b.yml, a.yml]\n", "include: [b.yml, {local: a.yml, inputs: {one: '" + one + "', two: '" + two + "'}}]\n"},
		"an entry in braces":        {"include: [{local: a.yml}]\n", ""},
		"some inputs in braces":     {"include:\n  - local: a.yml\n    inputs: {two: x}\n", ""},
		"a file of another project": {"include: {project: p, file: a.yml}\n", "include: {project: p, file: a.yml}\n"},
	} {
		got, err := Inputs(test.content, Inclusion{"a.yml", []string{"one", "two"}})
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != (test.want == "") {
			t.Errorf("%s (%v): -want +got\n%s", name, err, diff)
		}
	}
}

func TestStagesAreAddedInOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want string }{
		"GitLab's own":            {"job: {}\n", "job: {}\n"},
		"all there":               {"stages: [a, build, test, b, deploy]\n", "stages: [a, build, test, b, deploy]\n"},
		"none, in brackets":       {"stages: [a, b] # x\n", "stages: [build, test, a, b, deploy] # x\n"},
		"none":                    {"stages:\n  # x\n  - a\n  - 'b' # y\n", "stages:\n  # x\n  - build\n  - test\n  - a\n  - 'b' # y\n  - deploy\n"},
		"only the first":          {"stages:\n- build\n- a\njob: {}\n", "stages:\n- build\n- test\n- a\n- deploy\njob: {}\n"},
		"the first, and no other": {"stages: ['build']\n", "stages: ['build', test, deploy]\n"},
		"only the last":           {"stages: [deploy]\n", "stages: [build, test, deploy]\n"},
		"only the second":         {"stages: [a, test, b]\n", "stages: [build, a, test, b, deploy]\n"},
		"no list":                 {"stages: build\n", ""},
		"an empty list":           {"stages: []\n", ""},
	} {
		got, err := Stages(test.content, []string{"build", "test", "deploy"})
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != (test.want == "") {
			t.Errorf("%s (%v): -want +got\n%s", name, err, diff)
		}
	}
}

// An edit either says that it cannot be made, or leaves YAML behind in which every line of before is there.
func FuzzPipelinesAreChangedOrLeftAlone(f *testing.F) {
	for _, content := range []string{"include: b.yml\n", "stages: [a]\nx: 1", "include:\n- a\n- b\nstages:\n- x\n", "spec: {}\n---\na: 1\n"} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		changed, err := Include(content, Inclusion{File: "stemma.yml"})
		if err != nil {
			return
		}
		p, err := readPipeline(changed)
		if err != nil {
			t.Fatalf("%q became %q: %v", content, changed, err)
		}
		if _, value := p.find("include"); value == nil || len(value.Content) == 0 || len(value.Content[0].Content) < 2 || value.Content[0].Content[1].Value != "stemma.yml" {
			t.Errorf("%q became %q, without the include", content, changed)
		}
		if changed, err = Stages(changed, []string{"build", "deploy"}); err == nil {
			if _, err := readPipeline(changed); err != nil {
				t.Errorf("%q became %q: %v", content, changed, err)
			}
		}
	})
}
