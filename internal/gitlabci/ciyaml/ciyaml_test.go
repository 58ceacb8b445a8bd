package ciyaml_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// known knows includes of the project "known", and one job of them.
type known struct{}

func (known) Knows(include ciyaml.Include) bool { return include.Name == "known" }

func (known) Job(name string) (*ciyaml.Value, bool) {
	text := &ciyaml.Value{Kind: ciyaml.Text, Text: "known"}
	return &ciyaml.Value{Kind: ciyaml.Map, Fields: []ciyaml.Field{{Name: "stage", Value: text}}}, name == ".known"
}

// read reads files, of which the first is .gitlab-ci.yml, and the others begin with a line that names them.
func read(t *testing.T, files string) (*ciyaml.Pipeline, []string) {
	t.Helper()
	return readWith(t, files, nil)
}

// readWith is read with components.
func readWith(t *testing.T, files string, component func(string) (string, []byte)) (*ciyaml.Pipeline, []string) {
	t.Helper()
	tree := fstest.MapFS{}
	name := ".gitlab-ci.yml"
	for part := range strings.SplitSeq(files, "\n=== ") {
		if len(tree) > 0 {
			name, part, _ = strings.Cut(part, "\n")
		}
		tree[name] = &fstest.MapFile{Data: []byte(part)}
	}
	pipeline, found, err := ciyaml.Read(ciyaml.Source{Tree: tree, Name: ".gitlab-ci.yml", Elsewhere: known{}, Component: component})
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	for _, finding := range found {
		messages = append(messages, fmt.Sprintf("%s: %s", finding.Span, finding.Message))
	}
	return pipeline, messages
}

func find(t *testing.T, pipeline *ciyaml.Pipeline, name string) *ciyaml.Job {
	t.Helper()
	for _, job := range pipeline.Jobs {
		if job.Name == name {
			return job
		}
	}
	t.Fatalf("there is no job %s", name)
	return nil
}

// print is a value in one line; maps have their keys in the order that they were read in.
func print(v *ciyaml.Value) string {
	var parts []string
	switch {
	case v == nil:
		return "none"
	case v.Kind == ciyaml.Text:
		return v.Text
	case v.Kind == ciyaml.Null:
		return "null"
	case v.Kind == ciyaml.Map:
		for _, field := range v.Fields {
			if field.Name != "extends" && field.Name != "inherit" {
				parts = append(parts, field.Name+": "+print(field.Value))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	for _, item := range v.Items {
		parts = append(parts, print(item))
	}
	if v.Kind == ciyaml.Reference {
		return "!reference [" + strings.Join(parts, ", ") + "]"
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func TestJobsAreReadAsGitLabReadsThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ files, want string }{
		"maps are merged and lists replaced": {
			".a: {script: [a, b], variables: {A: '1', B: '2'}}\nj: {extends: .a, script: [c], variables: {B: '3', C: '4'}}",
			"{script: [c], variables: {A: 1, B: 3, C: 4}}",
		},
		"the later of several wins": {
			".a: {stage: a, when: a}\n.b: {stage: b}\nj: {extends: [.a, .b]}", "{stage: b, when: a}",
		},
		"null removes": {".a: {stage: a, variables: {A: '1'}}\nj: {extends: .a, variables: null}", "{stage: a, variables: null}"},
		"a chain":      {".a: {stage: a}\n.b: {extends: .a}\nc: {extends: .b}\nj: {extends: c}", "{stage: a}"},
		"eleven levels": {
			".j1: {stage: a}\n.j2: {extends: .j1}\n.j3: {extends: .j2}\n.j4: {extends: .j3}\n.j5: {extends: .j4}\n.j6: {extends: .j5}\n" +
				".j7: {extends: .j6}\n.j8: {extends: .j7}\n.j9: {extends: .j8}\n.j10: {extends: .j9}\nj: {extends: .j10}",
			"{stage: a}",
		},
		"anchors and merges": {
			".x: &x {A: '1', B: '2'}\n.y: &y {B: '3'}\nj: {variables: {<<: [*y, *x], C: '4'}}", "{variables: {A: 1, B: 3, C: 4}}",
		},
		"a merge wins over earlier keys": {".x: &x {A: '1'}\nj: {variables: {A: '2', <<: *x}}", "{variables: {A: 1}}"},
		"a quoted << is a name":          {"j: {variables: {'<<': '1'}}", "{variables: {<<: 1}}"},
		"the last of a name wins":        {"j: {stage: a, stage: b}", "{stage: b}"},
		"references": {
			".a: {script: [a, b], variables: {A: '1'}}\nj: {script: [!reference [.a, script], c], variables: {B: !reference [.a, variables, A]}}",
			"{script: [[a, b], c], variables: {B: 1}}",
		},
		"a reference sees what is extended": {
			".b: {variables: {A: '1'}}\n.a: {extends: .b}\nj: {variables: !reference [.a, variables]}", "{variables: {A: 1}}",
		},
		"ten references deep": {
			".j1: {s: [x]}\n.j2: {s: !reference [.j1, s]}\n.j3: {s: !reference [.j2, s]}\n.j4: {s: !reference [.j3, s]}\n.j5: {s: !reference [.j4, s]}\n" +
				".j6: {s: !reference [.j5, s]}\n.j7: {s: !reference [.j6, s]}\n.j8: {s: !reference [.j7, s]}\n.j9: {s: !reference [.j8, s]}\n.j10: {s: !reference [.j9, s]}\nj: {s: !reference [.j10, s]}",
			"{s: [x]}",
		},
		"the file wins over includes, and later includes over earlier ones": {
			"include: [a.yml, {local: /b/*.yml}]\nj: {stage: own}\n=== a.yml\nj: {stage: a, when: a, tags: [a]}\n=== b/b.yml\ninclude: c.yml\nj: {when: b}\n=== c.yml\nj: {when: c, tags: [c]}",
			"{stage: own, when: b, tags: [c]}",
		},
		"defaults": {
			"default: {tags: [a], retry: 1, image: x}\nbefore_script: [b]\nj: {image: y, script: [c]}",
			"{image: y, script: [c], before_script: [b], retry: 1, tags: [a]}",
		},
		"some defaults": {"default: {tags: [a], retry: 1}\nj: {inherit: {default: [tags]}}", "{tags: [a]}"},
		"no defaults":   {"default: {tags: [a]}\nj: {inherit: {default: false}, script: [c]}", "{script: [c]}"},
		"what is known": {"include: {project: known}\nj: {extends: .known, script: [c]}", "{stage: known, script: [c]}"},
		"what was not read": {
			"include: {project: x}\nj: {extends: .x, script: !reference [.x, script]}", "{script: !reference [.x, script]}",
		},
		"a parent whose name is made of an input": {
			"spec: {inputs: {n: {default: foobar}}}\n---\n.x-foo: {stage: a}\nj: {extends: '.x-$[[ inputs.n | truncate(0,3) ]]', script: [c]}", "{script: [c]}",
		},
		"a parent that may get its name from an input": {
			"spec: {inputs: {n: {default: foobar}}}\n---\n'.x-$[[ inputs.n | truncate(0,3) ]]': {stage: a}\nj: {extends: .x-foo, script: [c]}", "{script: [c]}",
		},
		"an empty include": {"include: [a.yml, null]\nj: {stage: a}\n=== a.yml\n.x: {}\n", "{stage: a}"},
		"a header":         {"spec: {inputs: {}}\n---\nj: {stage: a}", "{stage: a}"},
		"inputs": {
			"include: {local: a.yml, inputs: {given: g, list: [x, y]}}\n=== a.yml\nspec: {inputs: {given: , preset: {default: 1.10}, list: {default: []}, open: }}\n---\n" +
				"j:\n  stage: $[[ inputs.given ]]-$[[inputs.preset]]\n  script: $[[ inputs.list ]]\n  when: $[[ inputs.open ]]\n  tags: ['$[[ inputs.given | expand_vars ]]']",
			"{stage: g-1.1, script: [x, y], when: $[[ inputs.open ]], tags: [$[[ inputs.given | expand_vars ]]]}",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pipeline, messages := read(t, test.files)
			if len(messages) > 0 {
				t.Fatal(messages)
			}
			if diff := cmp.Diff(test.want, print(find(t, pipeline, "j").Keys)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScalarsAreWhatRubyReads(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"1.10": "1.1", "44": "44", "0x1F": "31", "010": "8", "0b11": "3", "1_000": "1000", "+7": "7", "-3": "-3", "1:30": "90", ".5": "0.5", "22.0": "22.0",
		"yes": "true", "Off": "false", "~": "null", "": "null", "'1.10'": "1.10", `"on"`: "on", "!!str 1.10": "1.10", "'2024-01-01'": "2024-01-01",
		"1.2.3": "1.2.3", "v1": "v1", "12345678901234567890123": "12345678901234567890123", "-1:00": "-60", "08": "08", "1e3": "1e3",
	}
	for written, want := range tests {
		pipeline, messages := read(t, "j: {script: ["+written+"]}")
		if written == "" {
			pipeline, messages = read(t, "j: {script: }")
		}
		got := strings.Trim(print(find(t, pipeline, "j").Keys.Fields[0].Value), "[]")
		if len(messages) > 0 || got != want {
			t.Errorf("%s is %s, not %s; %v", written, got, want, messages)
		}
	}
}

func TestVariablesAreExpanded(t *testing.T) {
	t.Parallel()
	pipeline, messages := read(t, `
variables:
  A: a
  B: {value: '$A-${A}', description: x}
  C: {value: $A, expand: false}
  LOOP: $POOL
  POOL: x$LOOP
  UNREAD: !reference [.x, variables, A]
  OWN: global
include: {project: other}
j: {variables: {OWN: job, D: "$B $C $OWN %A% %X%y $$A $CI_JOB_ID ${NO:-x}", E: '$[[ inputs.x ]]-$A'}}
k: {inherit: {variables: false}}
l: {inherit: {variables: [A]}}
`)
	if len(messages) > 0 {
		t.Fatal(messages)
	}
	tests := []struct {
		job, text, want string
		unknown         []string
	}{
		{"j", "$D", "a-a $A job a %X%y $A $CI_JOB_ID ${NO:-x}", []string{"CI_JOB_ID"}},
		{"j", "$E", "$[[ inputs.x ]]-a", []string{"!$[[ inputs.x ]]"}},
		{"j", "$LOOP", "x$LOOP", []string{"LOOP"}},
		{"j", "$UNREAD", "$UNREAD", []string{"!reference [.x, variables, A]"}},
		{"k", "$A", "$A", []string{"A"}},
		{"l", "$A$B", "a$B", []string{"B"}},
	}
	for _, test := range tests {
		got, unknown := find(t, pipeline, test.job).Variables.Expand(test.text)
		if got != test.want || !cmp.Equal(unknown, test.unknown) {
			t.Errorf("%s in %s is %s, %v", test.text, test.job, got, unknown)
		}
	}
	if value, _ := find(t, pipeline, "j").Variables.Get("C"); value != "$A" {
		t.Errorf("a raw variable is %s", value)
	}
}

func TestMatricesMakeJobs(t *testing.T) {
	t.Parallel()
	pipeline, messages := read(t, "j: {variables: {A: x, B: y}, parallel: {matrix: [{A: [a, b], C: [1, 2]}, {C: 3}]}}\nk: {parallel: 5}")
	var got []string
	for _, c := range find(t, pipeline, "j").Combinations() {
		text, _ := c.Variables.Expand("$A$B$C")
		got = append(got, c.Label+" "+text)
	}
	want := []string{"a, 1 ay1", "a, 2 ay2", "b, 1 by1", "b, 2 by2", "3 xy3"}
	if diff := cmp.Diff(want, got); diff != "" || len(messages) > 0 {
		t.Error(diff, messages)
	}
	if n := len(find(t, pipeline, "k").Combinations()); n != 1 {
		t.Errorf("%d jobs without a matrix", n)
	}
}

func TestIncludesAreReadWhereTheyAreKnown(t *testing.T) {
	t.Parallel()
	const scan = "spec: {inputs: {stage: {default: test}}}\n---\nscan: {stage: '$[[ inputs.stage ]]', script: [x]}\n"
	tests := map[string]struct {
		files      string
		components map[string]string
		read       []string
		unread     []string
		messages   []string
	}{
		"a component":                     {"include: {component: host/scan@1}", map[string]string{"host/scan@1": scan}, []string{".gitlab-ci.yml", "host/scan@1"}, nil, nil},
		"one that is not known":           {"include: {component: host/scan@2}", map[string]string{"host/scan@1": scan}, []string{".gitlab-ci.yml"}, []string{"component host/scan@2"}, nil},
		"one with rules":                  {"include: {component: host/scan@1, rules: [{if: $A}]}", map[string]string{"host/scan@1": scan}, []string{".gitlab-ci.yml"}, []string{"component host/scan@1"}, nil},
		"one that includes itself":        {"include: {component: host/a@1}", map[string]string{"host/a@1": "include: {component: host/a@1}"}, []string{".gitlab-ci.yml", "host/a@1"}, nil, []string{"host/a@1:1:10: the file host/a@1 includes itself"}},
		"a file that rules may leave out": {"include: {local: none.yml, rules: [{exists: [none.yml]}]}", nil, []string{".gitlab-ci.yml"}, []string{"local none.yml"}, nil},
		"and one that such a file lacks":  {"include: {local: a.yml, rules: [{if: $A}]}\n=== a.yml\ninclude: none.yml", nil, []string{".gitlab-ci.yml", "a.yml"}, []string{"local none.yml"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pipeline, messages := readWith(t, test.files, func(address string) (string, []byte) { return address, []byte(test.components[address]) })
			var files, unread []string
			for _, file := range pipeline.Files {
				files = append(files, file.Name)
			}
			for _, include := range pipeline.Unread {
				unread = append(unread, include.String())
			}
			if diff := cmp.Diff([][]string{test.read, test.unread, test.messages}, [][]string{files, unread, messages}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMistakesAreFoundTogether(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files string
		want  []string
	}{
		"extends": {
			".a: {extends: .b}\n.b: {extends: .a}\nself: {extends: self}\nlost: {extends: slef}\nodd: {extends: [[x]]}",
			[]string{
				`.gitlab-ci.yml:2:15: the job ".a" extends itself: .a → .b → .a`,
				`.gitlab-ci.yml:3:17: the job "self" extends itself: self → self`,
				`.gitlab-ci.yml:4:17: "lost" extends "slef", which is nowhere; did you mean "self"?`,
				`.gitlab-ci.yml:5:17: "odd" extends what is not the name of a job`,
			},
		},
		"references": {
			"a: {script: !reference [a, script]}\nb: {script: !reference [c, script]}\nd: {script: !reference []}",
			[]string{
				".gitlab-ci.yml:1:13: !reference [a, script] leads back to itself",
				".gitlab-ci.yml:2:13: !reference [c, script] names nothing",
				".gitlab-ci.yml:3:13: !reference [] names nothing",
			},
		},
		"includes": {
			"include: [a.yml, none.yml, {}, {local: '[*'}]\n=== a.yml\ninclude: b.yml\n=== b.yml\ninclude: a.yml",
			[]string{
				`.gitlab-ci.yml:1:18: there is no file "none.yml"`,
				".gitlab-ci.yml:1:28: an include needs one of local, project, remote, template and component",
				`.gitlab-ci.yml:1:32: "[*" is no pattern: syntax error in pattern`,
				`b.yml:1:10: the file a.yml includes itself`,
			},
		},
		"included files": {
			"include: [a.yml, b.txt, c.yml, {local: a.yml, rules: [{if: $A}]}]\n=== a.yml\n# nothing\n=== b.txt\na: {}\n=== c.yml\n# nothing\n",
			[]string{
				`.gitlab-ci.yml:1:11: the included file "a.yml" is empty`, `.gitlab-ci.yml:1:18: the included file "b.txt" does not end in .yml or .yaml`,
				`.gitlab-ci.yml:1:25: the included file "c.yml" is empty`,
			},
		},
		"values": {
			"a: {<<: [1], ? [x] : y}\nb: {<<: text}",
			[]string{
				".gitlab-ci.yml:1:9: `<<` needs maps", ".gitlab-ci.yml:1:16: the name of a key must be text", ".gitlab-ci.yml:2:9: `<<` needs a map, or a list of maps",
			},
		},
		"dates": {
			"a: {variables: {A: 2026-11-20, B: '2026-11-20', C: 2026-13-20, D: 2026-11-20 10:00:00Z, E: 2026-11}}\n2026-1-2: {}",
			[]string{
				".gitlab-ci.yml:1:20: 2026-11-20 is a date without quotes", ".gitlab-ci.yml:1:67: 2026-11-20 10:00:00Z is a date without quotes",
				".gitlab-ci.yml:2:1: 2026-1-2 is a date without quotes",
			},
		},
		"no map":    {"- a", []string{".gitlab-ci.yml:1:1: the file must be a map"}},
		"no YAML":   {"a: {", []string{".gitlab-ci.yml:2:1: it is not YAML: did not find expected node content"}},
		"an anchor": {"a: &a [*a]", []string{".gitlab-ci.yml:1:4: values are nested more than 100 deep here, or an anchor holds itself"}},
		"a matrix":  {"a: {parallel: {matrix: [{A: [" + strings.Repeat("x,", 201) + "]}]}}", []string{`.gitlab-ci.yml:1:24: the matrix of "a" makes more than 200 jobs`}},
		"aliases": {
			bomb("a0: &a0 [x]\n", "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n"),
			[]string{".gitlab-ci.yml:2:5: with its aliases, references and `extends` the file has too many values"},
		},
		"references to references": {
			bomb("a0: {s: [x]}\n", "a%d: {s: [!reference [a%[3]d, s], !reference [a%[3]d, s], !reference [a%[3]d, s], !reference [a%[3]d, s], !reference [a%[3]d, s]]}\n"),
			[]string{".gitlab-ci.yml:3:30: with its aliases, references and `extends` the file has too many values"},
		},
	}
	for name, test := range sample.Of(tests, 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, messages := read(t, test.files)
			if diff := cmp.Diff(test.want, messages); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// bomb is a text with nine lines that each use the one before.
func bomb(first, line string) string {
	var out strings.Builder
	out.WriteString(first)
	for i := 1; i < 10; i++ {
		args := []any{i, i}
		for range 9 {
			args = append(args, i-1)
		}
		fmt.Fprintf(&out, line, args[:max(3, strings.Count(line, "%d"))]...)
	}
	return out.String()
}

// Whatever a file holds, it ends, and what it ends with can be used.
func FuzzRead(f *testing.F) {
	f.Add("include: [a.yml, {project: known}]\nvariables: {A: $B, B: $A$A}\n.a: &a {script: [x]}\nj: {<<: *a, extends: [.a, .known], parallel: {matrix: [{A: [b, c]}]}}")
	f.Add(".a: {extends: .b}\n.b: {extends: .a}\nj: {script: !reference [.a, script], inherit: {variables: [A]}}")
	f.Add("a: &a [*a, *a]\nj: {<<: *a}\n---\n")
	f.Fuzz(func(t *testing.T, content string) {
		pipeline, messages := read(t, content+"\n=== a.yml\nk: {stage: a}\n")
		for _, job := range pipeline.Jobs {
			for _, combination := range job.Combinations() {
				for name := range combination.Variables {
					combination.Variables.Get(name)
				}
			}
			job.Keys.Get("script").Texts()
		}
		if len(pipeline.Jobs) == 0 && len(messages) == 0 && pipeline.Top == nil {
			t.Error("nothing was read, and nothing is wrong")
		}
	})
}
