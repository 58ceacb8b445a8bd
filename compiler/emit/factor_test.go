package emit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/condition"
	"gitlab.com/stemma-ci/stemma/compiler/emit"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/schema"
)

// TestHiddenJobsStateWhatJobsShare prints one section with a hidden job of the image, and kinds of which one extends another.
func TestHiddenJobsStateWhatJobsShare(t *testing.T) {
	t.Parallel()
	script, always := []string{"work"}, []pipeline.Rule{{When: pipeline.OnSuccess}}
	common := pipeline.Job{Stage: "build", Tags: []string{"small"}, Rules: always, Script: script, Interruptible: pipeline.Off, Variables: []pipeline.Variable{{Name: "KIND", Value: "1"}}}
	like := func(change func(*pipeline.Job)) pipeline.Job {
		job := common
		job.Name, job.Extends = "job", []string{".image", ".kind"}
		job.Variables = []pipeline.Variable{{Name: "IMAGE", Value: "a"}, {Name: "KIND", Value: "1"}}
		change(&job)
		return job
	}
	tests := map[string]struct {
		job  pipeline.Job
		want string
	}{
		"nothing of its own":     {like(func(*pipeline.Job) {}), "  extends: [.image, .kind]\n"},
		"another stage":          {like(func(j *pipeline.Job) { j.Stage = "test" }), "  stage: test\n  extends: [.image, .kind]\n"},
		"other rules":            {like(func(j *pipeline.Job) { j.Rules = []pipeline.Rule{{If: condition.IsSet("A")}} }), "  extends: [.image, .kind]\n  rules:\n    - if: $A =~ /.+/\n"},
		"another value":          {like(func(j *pipeline.Job) { j.Variables[1].Value = "2" }), "  extends: [.image, .kind]\n  variables:\n    KIND: \"2\"\n"},
		"a literal value":        {like(func(j *pipeline.Job) { j.Variables[0].Literal = true }), "  extends: [.image, .kind]\n  variables:\n    IMAGE: {value: a, expand: false}\n"},
		"one more variable":      {like(func(j *pipeline.Job) { j.Variables = append(j.Variables, pipeline.Variable{Name: "B", Value: "b"}) }), "  extends: [.image, .kind]\n  variables:\n    B: b\n"},
		"the project's own tags": {like(func(j *pipeline.Job) { j.Tags = nil }), "  stage: build\n  extends: .image\n  interruptible: false\n  rules: [{when: on_success}]\n  variables:\n    KIND: \"1\"\n  script: [work]\n"},
		"a kind on another":      {like(func(j *pipeline.Job) { j.Extends = []string{".image", ".kind@b"}; j.Tags = []string{"b"} }), "  extends: [.image, .kind@b]\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, onB := common, common
			kind.Name, onB.Name, onB.Extends, onB.Tags = ".kind", ".kind@b", []string{".kind"}, []string{"b"}
			image := pipeline.Job{Name: ".image", Extends: []string{".shared"}, Variables: []pipeline.Variable{{Name: "IMAGE", Value: "a"}, {Name: "SHARED", Value: "s"}}}
			shared := pipeline.Job{Name: ".shared", Variables: []pipeline.Variable{{Name: "SHARED", Value: "s"}}}
			unused := pipeline.Job{Name: ".unused", Stage: "x"}
			files, err := emit.Files(pipeline.Pipeline{
				Definition: "stemma.yaml", Shared: []pipeline.Job{shared}, Kinds: []pipeline.Job{kind, onB, unused},
				Sections: []pipeline.Section{{Image: "a", Jobs: []pipeline.Job{image, test.job}}},
			}, judge{})
			if err != nil {
				t.Fatal(err)
			}
			const kinds = "\n.kind:\n  stage: build\n  tags: [small]\n  interruptible: false\n  rules: [{when: on_success}]\n  variables:\n    KIND: \"1\"\n  script: [work]\n"
			hidden := "\n.shared:\n  variables:\n    SHARED: s\n"
			switch name {
			case "a kind on another":
				hidden += kinds + "\n.kind@b:\n  extends: .kind\n  tags: [b]\n"
			case "the project's own tags":
			default:
				hidden += kinds
			}
			want := "# Compiled by stemma " + schema.Version + " from stemma.yaml. Do not edit: change the definition and run `stemma compile`.\n" +
				hidden + "\n.image:\n  extends: .shared\n  variables:\n    IMAGE: a\n\njob:\n" + test.want
			if diff := cmp.Diff(want, string(files[0].Content)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
