package config_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/config"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
)

func load(files map[string]string, others ...*config.Project) (*config.Config, problem.List) {
	return config.Load(config.Source{Project: project("group/project", files), File: ".gitlab-ci.yml", Others: others})
}

func project(path string, files map[string]string) *config.Project {
	tree := fstest.MapFS{}
	for name, content := range files {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return &config.Project{Path: path, Tree: tree}
}

func TestConfigurationsAreTyped(t *testing.T) {
	t.Parallel()
	c, problems := load(map[string]string{".gitlab-ci.yml": `
stages: [build, [deploy], build]
variables: {A: 1, B: {value: $A, expand: false}}
default: {tags: [x]}
workflow: {name: " A name ", rules: [{if: $A, variables: {C: c}}]}
.hidden: {script: x}
job:
  extends: .hidden
  stage: build
  when: manual
  needs: [{job: other, optional: true, artifacts: false}]
  inherit: {variables: [A]}
trigger:
  stage: deploy
  trigger: {include: [{local: a.yml}], strategy: mirror, forward: {pipeline_variables: true}}
`})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{".pre", "build", "deploy", ".post"}, c.Stages); diff != "" {
		t.Error(diff)
	}
	if c.Workflow.Name != "A name" || len(c.Workflow.Rules) != 1 || c.Variables[1].Value != "$A" || !c.Variables[1].IsRaw {
		t.Errorf("the workflow is %v, and the variables are %v", c.Workflow, c.Variables)
	}
	job, trigger := c.Jobs[0], c.Jobs[1]
	if len(c.Jobs) != 2 || job.Name != "job" || job.When != config.Manual || !job.AllowFailure || job.Tags[0] != "x" || job.Inherits.Has("B") {
		t.Errorf("the job is %+v", job)
	}
	if need := job.Needs[0]; need.Job != "other" || !need.IsOptional || need.Artifacts || need.At.Line != 11 {
		t.Errorf("the need is %+v", need)
	}
	if trigger.Tags != nil || trigger.Trigger.Strategy != "mirror" || !trigger.Trigger.ForwardsYAML || !trigger.Trigger.ForwardsPipeline {
		t.Errorf("the trigger is %+v of %+v", trigger.Trigger, trigger)
	}
}

func TestFilesOfOtherProjectsAreIncluded(t *testing.T) {
	t.Parallel()
	library := project("Group/Lib", map[string]string{
		"a.yml": "include: b.yml\na: {script: x}", "b.yml": "b: {script: x}",
		"templates/c.yml": "spec: {component: [version]}\n---\nc: {script: 'echo $[[ component.version ]]'}",
	})
	c, problems := load(map[string]string{
		".gitlab-ci.yml": "include: [{project: group/lib, file: a.yml}, {component: gitlab.com/Group/Lib/c@1.0.0}]",
	}, library)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var names []string
	for _, job := range c.Jobs {
		names = append(names, job.Name+": "+strings.Join(job.Keys.Get("script").Texts(), "; "))
	}
	if diff := cmp.Diff([]string{"b: x", "a: x", "c: echo 1.0.0"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestProblemsHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"no file":      {nil, ".gitlab-ci.yml: the file cannot be read: open .gitlab-ci.yml: file does not exist"},
		"an empty one": {map[string]string{".gitlab-ci.yml": " \n"}, ".gitlab-ci.yml: Please provide content of .gitlab-ci.yml"},
		"a missing include": {
			map[string]string{".gitlab-ci.yml": "j: {script: x}\ninclude:\n  - a.yml"}, ".gitlab-ci.yml:3:5: file `a.yml` does not exist!",
		},
		"a path that leaves the project": {
			map[string]string{".gitlab-ci.yml": "include: ../a.yml"}, ".gitlab-ci.yml:1:10: file `../a.yml` does not exist!",
		},
		"a remote file": {
			map[string]string{".gitlab-ci.yml": "include: https://example.org/a.yml"},
			".gitlab-ci.yml:1:10: the included remote `https://example.org/a.yml` cannot be read here",
		},
		"an included job": {
			map[string]string{".gitlab-ci.yml": "include: a.yml", "a.yml": "\nj:\n  script: x\n  stage: none"},
			"a.yml:2:1: j job: chosen stage none does not exist; available stages are .pre, build, test, deploy, .post",
		},
		"too many retries": {
			map[string]string{".gitlab-ci.yml": "a: {script: x, retry: 3}\nb: {script: x, retry: {max: 4}}\nc: {script: x, retry: -1}\nd: {script: x, retry: {max: 2}}\ne: {script: x, retry: $A}"},
			".gitlab-ci.yml:1:23: jobs:a retry must be one of: 0, 1, 2\n.gitlab-ci.yml:2:29: jobs:b retry must be one of: 0, 1, 2\n.gitlab-ci.yml:3:23: jobs:c retry must be one of: 0, 1, 2",
		},
		"long timeouts": {
			map[string]string{".gitlab-ci.yml": strings.Join([]string{
				"a: {script: x, timeout: 2629745s}", "b: {script: x, timeout: 2629746s}", "c: {script: x, timeout: '1 month, 10 hrs 29 mins 6 secs'}",
				"d: {script: x, timeout: 1 month 10h}", "default: {timeout: 1.5 Years}", "e: {script: x, timeout: three months}", "f: {script: x, timeout: 1h 9999999}",
			}, "\n")},
			strings.Join([]string{
				".gitlab-ci.yml:5:20: default:timeout config should not exceed the limit, which is a month",
				".gitlab-ci.yml:2:25: jobs:b:timeout config should not exceed the limit, which is a month",
				".gitlab-ci.yml:3:25: jobs:c:timeout config should not exceed the limit, which is a month",
			}, "\n"),
		},
		"names that are no text": {
			map[string]string{".gitlab-ci.yml": "a: {script: x}\n~: {script: x}"},
			".gitlab-ci.yml:2:1: jobs:null name should be text, and YAML reads null as no value",
		},
		"names of spaces": {
			map[string]string{".gitlab-ci.yml": "'': {script: x}\n' ': {script: x}\nnil: {script: x}"},
			".gitlab-ci.yml:1:1: jobs: name can't be blank\n.gitlab-ci.yml:2:1: jobs: name can't be blank",
		},
		"variables whose names are no text": {
			map[string]string{".gitlab-ci.yml": "variables: {null: a}\na: {script: x}\n'null': {script: x}\n!!str NULL: {script: x}"},
			".gitlab-ci.yml:1:13: variables:null key must be an alphanumeric string",
		},
		"jobs with the names of keywords": {
			map[string]string{".gitlab-ci.yml": "cache: {script: x}\nafter_script: {trigger: x}\nvariables: {script: x}\npages: {script: x}\ndefault: {script: x}"},
			".gitlab-ci.yml:1:1: cache is a keyword, so it cannot be the name of a job\n.gitlab-ci.yml:2:1: after_script is a keyword, so it cannot be the name of a job",
		},
		"three documents": {
			map[string]string{".gitlab-ci.yml": "spec: {}\n---\na: {script: x}\n---\nb: {script: x}"},
			".gitlab-ci.yml: `.gitlab-ci.yml`: a file has at most a header and one document",
		},
		"endless aliases": {
			map[string]string{".gitlab-ci.yml": "a: &a [*a]"}, ".gitlab-ci.yml:1:4: values are nested more than 100 deep here, or an anchor holds itself",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, problems := load(test.files)
			if diff := cmp.Diff(test.want, problems.String()); diff != "" || c != nil {
				t.Error(c, diff)
			}
		})
	}
}
