package emit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/compiler/tree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// judge is a checker that reports a mistake in jobs of one name, or fails by itself.
type judge struct {
	wrong string
	err   error
}

func (j judge) Check(_ string, document *tree.Node, found *diagnostic.List) error {
	if j.wrong != "" && document.Get("stage") != nil && document.Get("stage").Text == j.wrong {
		found.Errorf(diagnostic.BadValue, diagnostic.Span{}, "no such stage")
	}
	return j.err
}

func TestJobsBecomeYAML(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		job  pipeline.Job
		want string
	}{
		"every field": {pipeline.Job{
			Comment: "What it does.", Stage: "build", Extends: []string{".stemma.job"}, Image: "${A}", Inherit: []string{"B"}, Tags: []string{"small"}, ResourceGroup: "one",
			Interruptible: pipeline.Off, Timeout: "90m", Retry: pipeline.RetryOutside,
			Needs: []pipeline.Need{{Job: "a"}, {Job: "b", Optional: true}},
			Rules: []pipeline.Rule{
				{If: condition.IsSet("A"), Changes: []string{"a", "b"}, When: pipeline.OnManual, AllowFailure: true, Variables: []pipeline.Variable{{Name: "C", Value: "d"}}},
				{When: pipeline.Never},
			},
			Variables: []pipeline.Variable{{Name: "E", Value: "$F"}, {Name: "G", Value: "$H", Literal: true}, {Name: "I", Value: "$J\n", Literal: true}, {Name: "K", Value: strings.Repeat("$", 80), Literal: true}},
			Script:    []string{"true"},
			Artifacts: pipeline.Artifacts{Dotenv: "d.env", JUnit: "j.xml", Annotations: "a.json", Paths: []string{"p"}, Always: true},
		}, `
# What it does.
job:
  stage: build
  extends: .stemma.job
  image: ${A}
  inherit:
    default: [tags]
    variables: [B]
  tags: [small]
  resource_group: one
  interruptible: false
  timeout: "90m"
  retry: {max: 2, when: [runner_system_failure, stuck_or_timeout_failure], exit_codes: [3]}
  needs: [a, {job: b, optional: true}]
  rules:
    - if: $A =~ /.+/
      changes:
        - a
        - b
      when: manual
      allow_failure: true
      variables:
        C: d
    - when: never
  variables:
    E: $F
    G: {value: $H, expand: false}
    I:
      value: |
        $J
      expand: false
    K:
      value: ` + strings.Repeat("$", 80) + `
      expand: false
  script: ["true"]
  artifacts: {when: always, paths: [p], reports: {dotenv: d.env, junit: j.xml, annotations: a.json}}
`},
		"no fields":                     {pipeline.Job{}, "\njob: {}\n"},
		"a job that may be interrupted": {pipeline.Job{Interruptible: pipeline.On}, "\njob:\n  interruptible: true\n"},
		"retries of the runner":         {pipeline.Job{Retry: pipeline.RetryRunner}, "\njob:\n  retry: {max: 2, when: [runner_system_failure, stuck_or_timeout_failure]}\n"},
		"one report of tests":           {pipeline.Job{Artifacts: pipeline.Artifacts{JUnit: "j"}}, "\njob:\n  artifacts: {reports: {junit: j}}\n"},
		"one report of variables":       {pipeline.Job{Artifacts: pipeline.Artifacts{Dotenv: "d"}}, "\njob:\n  artifacts: {reports: {dotenv: d}}\n"},
		"one report of links":           {pipeline.Job{Artifacts: pipeline.Artifacts{Annotations: "a"}}, "\njob:\n  artifacts: {reports: {annotations: a}}\n"},
		"what triggers share":           {pipeline.Job{Inherit: []string{"A"}, Trigger: &pipeline.Trigger{Strategy: "mirror"}}, "\njob:\n  inherit:\n    default: false\n    variables: [A]\n  trigger:\n    strategy: mirror\n    forward:\n      pipeline_variables: true\n"},
		"a job in each pipeline":        {pipeline.Job{Rules: []pipeline.Rule{{When: pipeline.OnSuccess}}}, "\njob:\n  rules: [{when: on_success}]\n"},
		"several hidden jobs":           {pipeline.Job{Extends: []string{".a", ".b"}}, "\njob:\n  extends: [.a, .b]\n"},
		"long lists":                    {pipeline.Job{Tags: []string{strings.Repeat("a", 60), strings.Repeat("b", 60)}, Needs: []pipeline.Need{{Job: strings.Repeat("c", 60)}, {Job: strings.Repeat("d", 60), Optional: true}}}, "\njob:\n  tags:\n    - " + strings.Repeat("a", 60) + "\n    - " + strings.Repeat("b", 60) + "\n  needs:\n    - " + strings.Repeat("c", 60) + "\n    - job: " + strings.Repeat("d", 60) + "\n      optional: true\n"},
		"many variables":                {pipeline.Job{Inherit: []string{strings.Repeat("A", 60), strings.Repeat("B", 60), "C"}}, "\njob:\n  inherit:\n    default: [tags]\n    variables: [" + strings.Repeat("A", 60) + ",\n      " + strings.Repeat("B", 60) + ", C]\n"},
		"a trigger":                     {pipeline.Job{Trigger: &pipeline.Trigger{File: "child.yml", Strategy: "mirror"}}, "\njob:\n  trigger:\n    include:\n      - local: /child.yml\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.job.Name = "job"
			files, err := emit.Files(pipeline.Pipeline{Definition: "stemma.yaml", Checks: []pipeline.Job{test.job}}, judge{})
			if err != nil {
				t.Fatal(err)
			}
			want := "# Compiled by stemma " + schema.Version + " from stemma.yaml. Do not edit: change the definition and run `stemma compile`.\n" + test.want
			if diff := cmp.Diff(want, string(files[0].Content)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNothingInvalidIsEmitted(t *testing.T) {
	t.Parallel()
	broken := errors.New("the schema is broken")
	wrong := []pipeline.Job{{Name: "build:a", Stage: "wrong"}}
	tests := map[string]struct {
		checker  judge
		pipeline pipeline.Pipeline
		want     string
	}{
		"in the main file":  {judge{wrong: "wrong"}, pipeline.Pipeline{Checks: wrong}, "the compiled job build:a is not what may be emitted: no such stage"},
		"in a head":         {judge{wrong: "wrong"}, pipeline.Pipeline{Shared: wrong}, "the compiled job build:a is not what may be emitted: no such stage"},
		"in a component":    {judge{wrong: "wrong"}, pipeline.Pipeline{Components: []pipeline.Component{{File: "c", Jobs: wrong}}}, "the compiled job build:a is not what may be emitted: no such stage"},
		"in a child":        {judge{wrong: "wrong"}, pipeline.Pipeline{Children: []pipeline.Child{{File: "a.gitlab-ci.yml", Shared: wrong}}}, "the compiled job build:a is not what may be emitted: no such stage"},
		"without a verdict": {judge{err: broken}, pipeline.Pipeline{Checks: wrong}, "the schema is broken"},
	}
	for name, test := range tests {
		if files, err := emit.Files(test.pipeline, test.checker); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %d files and the error %v, want the error %q", name, len(files), err, test.want)
		}
	}
}

// jobsOf returns sections of one job each, with a script of so many bytes.
func jobsOf(sections, size int) []pipeline.Section {
	out := make([]pipeline.Section, sections)
	for i := range out {
		out[i] = pipeline.Section{Jobs: []pipeline.Job{{Name: fmt.Sprintf("build:%d", i), Script: []string{strings.Repeat("x", size)}}}}
	}
	return out
}

// GitLab measures the objects that it parses from a file, https://docs.gitlab.com/administration/cicd/limits/.
func TestFilesStayBelowTheLimitOfGitLab(t *testing.T) {
	t.Parallel()
	// What a job of the test needs besides its script: two maps, a list with one item, two names and a long text.
	const besides = 2*232 + 48 + 40 + 40 + 41
	for _, test := range []struct {
		name           string
		sections, size int
		wantParts      int
	}{
		{"one small file", 10, 1000, 0},
		{"at the limit", 3, 750_000 - besides, 0},
		{"above the limit", 3, 750_000 - besides + 1, 2},
		{"three times the limit", 10, 600_000, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files, err := emit.Files(pipeline.Pipeline{Inputs: []pipeline.Input{{Name: "stage", Description: "d", Default: "build"}}, Sections: jobsOf(test.sections, test.size)}, judge{})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(files) - 1; got != test.wantParts {
				t.Fatalf("got %d further files, want %d", got, test.wantParts)
			}
			main, jobs := files[0], 0
			for i, file := range files[1:] {
				jobs += strings.Count(string(file.Content), "\nbuild:")
				wantPath := fmt.Sprintf(".gitlab/stemma/%02d.gitlab-ci.yml", i+1)
				wantInclude := "  - local: /" + wantPath + "\n    inputs:\n      stage: $[[ inputs.stage ]]\n"
				if file.Path != wantPath || file.IncludedBy != main.Path || !strings.Contains(string(main.Content), wantInclude) {
					t.Errorf("got the file %s, included by %q, want %s, included by %s with its inputs", file.Path, file.IncludedBy, wantPath, main.Path)
				}
			}
			if jobs += strings.Count(string(main.Content), "\nbuild:"); jobs != test.sections {
				t.Errorf("got %d jobs in all files, want %d", jobs, test.sections)
			}
		})
	}
}

func TestChildPipelinesHaveTheirOwnFiles(t *testing.T) {
	t.Parallel()
	p := pipeline.Pipeline{Definition: "stemma.cue", Checks: []pipeline.Job{{Name: "check"}}, Children: []pipeline.Child{{
		Name: "a", File: ".gitlab/stemma/a.gitlab-ci.yml", Title: "Images of a", Trigger: pipeline.Job{Name: "start:a"}, Shared: []pipeline.Job{{Name: ".shared"}},
		Sections: []pipeline.Section{{Jobs: []pipeline.Job{{Name: ".public", Public: true}, {Name: "build:a"}}}},
	}}}
	files, err := emit.Files(p, judge{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range files {
		_, body, _ := strings.Cut(string(file.Content), "\n")
		got = append(got, file.Path+"\n"+body)
	}
	want := []string{
		".gitlab/stemma.gitlab-ci.yml\n\nstart:a: {}\n\ncheck: {}\n\ninclude:\n  - local: /.gitlab/stemma/_images.gitlab-ci.yml\n",
		".gitlab/stemma/_images.gitlab-ci.yml\n\n.public: {}\n",
		".gitlab/stemma/a.gitlab-ci.yml\n\nworkflow:\n  name: Images of a\n  rules:\n    - when: always\n\nvariables: {}\n\n.shared: {}\n\nbuild:a: {}\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestComponentsOfTheProjectHaveInputs(t *testing.T) {
	t.Parallel()
	p := pipeline.Pipeline{Definition: "stemma.yaml", Components: []pipeline.Component{
		{File: "templates/b.yml", Inputs: []pipeline.Input{{Name: "tag", Description: "The tag.", Default: "latest", Regex: "^a+$"}, {Name: "stage", Description: "The stage."}}, Jobs: []pipeline.Job{{Name: "b", Stage: "x"}}},
		{File: "templates/a.yml", Jobs: []pipeline.Job{{Name: "a"}}},
	}}
	files, err := emit.Files(p, judge{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		".gitlab/stemma.gitlab-ci.yml": "", "templates/a.yml": "\na: {}\n",
		"templates/b.yml": "spec:\n  inputs:\n    tag:\n      description: The tag.\n      default: latest\n      regex: ^a+$\n    stage:\n      description: The stage.\n      default: \"\"\n---\n\nb:\n  stage: x\n",
	}
	got, last := map[string]string{}, ""
	for _, file := range files {
		_, got[file.Path], _ = strings.Cut(string(file.Content), "\n")
		if file.Path < last {
			t.Errorf("got %s after %s, want the files sorted by path", file.Path, last)
		}
		last = file.Path
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestComponent(t *testing.T) {
	t.Parallel()
	fields := func(fields ...tree.Field) *tree.Node { return &tree.Node{Kind: tree.Map, Fields: fields} }
	description := tree.Field{Name: "description", Value: text("Builds an image.\n")}
	jobs := tree.Field{Name: "jobs", Value: fields(tree.Field{Name: "build", Comment: "A job.", Value: fields()})}
	const head = "# Builds an image.\n# Generated by stemma " + schema.Version + " from c.cue. Do not edit: change that file and run `make generate`.\n"
	for name, test := range map[string]struct {
		component *tree.Node
		want      string
	}{
		"jobs alone": {fields(description, jobs), head + "\n# A job.\nbuild: {}\n"},
		"inputs and variables": {
			fields(description, tree.Field{Name: "inputs", Value: fields(tree.Field{Name: "a", Value: fields(tree.Field{Name: "default", Value: text("")})})}, tree.Field{Name: "variables", Value: fields(tree.Field{Name: "B", Value: text("c")})}, jobs),
			head + "spec:\n  inputs:\n    a:\n      default: \"\"\n---\n\nvariables:\n  B: c\n\n# A job.\nbuild: {}\n",
		},
	} {
		got := emit.Component("image", "c.cue", test.component)
		if diff := cmp.Diff(test.want, string(got.Content)); diff != "" || got.Path != "templates/image.yml" {
			t.Errorf("%s: got the path %s, want templates/image.yml, and (-want +got)\n%s", name, got.Path, diff)
		}
	}
}
