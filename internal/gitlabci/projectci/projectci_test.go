package projectci_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/pipeline"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

// compiled has a job in the stage build, and one in test that needs it.
var compiled = pipeline.Pipeline{Sections: []pipeline.Section{{Image: "base", Jobs: []pipeline.Job{
	{Name: "build:base", Stage: "build", Rules: []pipeline.Rule{{When: "on_success"}}},
	{Name: "verify:base", Stage: "test", Needs: []pipeline.Need{{Job: "build:base"}}},
}}}}

const compiledFile = "build:base: {stage: build, rules: [{when: on_success}], script: [x]}\nverify:base: {stage: test, needs: [{job: 'build:base'}], script: [x]}\n"

func check(t *testing.T, file string) diagnostic.List {
	t.Helper()
	return checkFiles(t, map[string]string{".gitlab-ci.yml": file})
}

func checkFiles(t *testing.T, files map[string]string) diagnostic.List {
	t.Helper()
	var found diagnostic.List
	tree := fstest.MapFS{".gitlab/stemma.gitlab-ci.yml": {Data: []byte(compiledFile)}}
	for name, content := range files {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	if _, err := projectci.Check(projectci.Project{Tree: tree, Definition: &definition.Definition{File: "stemma.yaml"}, Compiled: compiled, Folder: "."}, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestThePlaceOfAProjectDecides(t *testing.T) {
	t.Parallel()
	const none = ""
	tests := map[string]struct {
		variables map[string]string
		want      string
	}{
		"outside of GitLab":              {map[string]string{"CI_PROJECT_PATH": "other/app"}, none},
		"in the project":                 {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "group/app"}, none},
		"capital letters":                {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "group/App"}, "error"},
		"another name in the group":      {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "group/other"}, "error"},
		"another group":                  {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "other/app"}, "warning"},
		"a merge request of its own":     {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "other/app", "CI_MERGE_REQUEST_PROJECT_PATH": "other/app"}, "error"},
		"one from a fork of it":          {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "jane/app", "CI_MERGE_REQUEST_PROJECT_PATH": "other/app"}, "error"},
		"one within a person's fork":     {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "jane/app", "CI_MERGE_REQUEST_PROJECT_PATH": "jane/app", "GITLAB_USER_LOGIN": "jane"}, "warning"},
		"one to the project":             {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "jane/app", "CI_MERGE_REQUEST_PROJECT_PATH": "group/app"}, none},
		"a branch with one":              {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "jane/app", "CI_OPEN_MERGE_REQUESTS": "jane/app!1,group/app!7"}, none},
		"a branch with one to elsewhere": {map[string]string{"GITLAB_CI": "true", "CI_PROJECT_PATH": "jane/app", "CI_OPEN_MERGE_REQUESTS": "group/app2!7"}, "warning"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			projectci.CheckPath(&definition.Definition{Project: "group/app"}, func(name string) string { return test.variables[name] }, &found)
			got := none
			if len(found) > 0 {
				got = found[0].Severity.String()
			}
			if got != test.want || len(found) > 1 {
				t.Errorf("%q, want %q: %v", got, test.want, found)
			}
		})
	}
}

func TestListsInListsAreJoined(t *testing.T) {
	t.Parallel()
	found := check(t, "include: .gitlab/stemma.gitlab-ci.yml\n.x: {rules: [{if: $A}, {when: always}], needs: ['verify:base']}\nstages: [[build], [[test]]]\n"+
		"build:base: {rules: [!reference [.x, rules]]}\nlint: {stage: build, needs: [!reference [.x, needs]], script: [x]}\n")
	if len(found) != 2 || found[0].Code != diagnostic.DuplicatePipelines || found[1].Code != diagnostic.Stages {
		t.Error(found)
	}
}

func TestStagesThatAreNotKnownAreNotJudged(t *testing.T) {
	t.Parallel()
	found := check(t, "include: .gitlab/stemma.gitlab-ci.yml\nstages: [test, build]\nworkflow: {rules: [{when: always}]}\nverify:base: {stage: '$[[ inputs.stage ]]'}\n")
	if len(found) != 0 {
		t.Error(found)
	}
}

// GitLab accepts each of these pipelines, or may accept it.
func TestWhatMayBeRightIsNotReported(t *testing.T) {
	t.Parallel()
	const project = "include: [{local: .gitlab/stemma.gitlab-ci.yml}, {local: x.yml, inputs: {n: foobar}}]\nworkflow: {rules: [{when: always}]}\n"
	tests := map[string]map[string]string{
		"a job whose name is made with a function": {
			".gitlab-ci.yml": project + "lint: {stage: deploy, script: [x], needs: [x-foo]}\n",
			"x.yml":          "spec: {inputs: {n: }}\n---\n'x-$[[ inputs.n | truncate(0,3) ]]': {script: [x]}\n",
		},
		"inputs that another file declares": {
			".gitlab-ci.yml": project,
			"x.yml":          "spec: {include: [{local: inputs.yml}]}\n---\n'x-$[[ inputs.n ]]': {script: [x]}\n",
			"inputs.yml":     "inputs: {n: }\n",
		},
		"inputs of a file that rules may leave out": {
			".gitlab-ci.yml": "include: [{local: .gitlab/stemma.gitlab-ci.yml}, {local: x.yml, rules: [{if: $A}], inputs: {m: foobar}}]\nworkflow: {rules: [{when: always}]}\n",
			"x.yml":          "spec: {inputs: {n: {default: a}}}\n---\n'x-$[[ inputs.n ]]': {script: [x]}\n",
		},
	}
	for name, files := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := checkFiles(t, files); len(found) > 0 {
				t.Error(found)
			}
		})
	}
}

// Whether a pipeline has the job lint may depend on more than the event.
func TestNeedsAreJudgedWhereTheEventDecides(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lint string
		want string
	}{
		"always":                 {"rules: [{when: always}]", ""},
		"a source":               {`rules: [{if: $CI_PIPELINE_SOURCE == "merge_request_event"}]`, "branches, the default branch, tags, schedules"},
		"another source":         {`rules: [{if: ($CI_PIPELINE_SOURCE != 'schedule')}]`, "schedules"},
		"the default branch":     {"rules: [{if: $CI_DEFAULT_BRANCH == $CI_COMMIT_BRANCH && $CI_COMMIT_BRANCH}]", "merge requests, branches, tags"},
		"tags":                   {"rules: [{if: $CI_COMMIT_TAG == null}, {if: $CI_COMMIT_TAG, when: never}]", "tags"},
		"a name of a branch":     {`rules: [{if: $CI_COMMIT_BRANCH == "master"}]`, ""},
		"a form of a tag":        {`rules: [{if: $CI_COMMIT_TAG =~ /^v/}]`, ""},
		"a setting":              {"rules: [{if: $LINT}]", ""},
		"a setting and a source": {`rules: [{if: $CI_PIPELINE_SOURCE == "web" || $LINT}]`, ""},
		"changes":                {"rules: [{changes: [src/*]}]", "commits that change no file of the rules"},
		"a file":                 {"rules: [{exists: [stages.yml]}]", "merge requests, branches, the default branch, tags, schedules"},
		"only tags":              {"only: [tags]", "merge requests, branches, the default branch, schedules"},
		"only a branch":          {"only: [main]", ""},
		"except with a variable": {"except: {variables: [$LINT]}", ""},
		"except schedules":       {"except: {refs: [schedules]}", "schedules"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var messages []string
			for _, finding := range check(t, "include: .gitlab/stemma.gitlab-ci.yml\nworkflow: {rules: [{when: always}]}\nlint: {script: [x], "+test.lint+"}\ndeploy: {needs: [lint], script: [x]}\n") {
				messages = append(messages, finding.Message)
			}
			got, want := strings.Join(messages, "\n"), test.want
			if want != "" {
				want = "GitLab refuses pipelines of " + want + ": deploy needs lint, which the rules leave out"
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestPartsOfTheOutputAreNoJobsOfTheProject(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		".gitlab-ci.yml":                  {Data: []byte("include: .gitlab/stemma.gitlab-ci.yml\nworkflow: {rules: [{when: always}]}\n")},
		".gitlab/stemma.gitlab-ci.yml":    {Data: []byte("include: [{local: /.gitlab/stemma/01.gitlab-ci.yml}]\n")},
		".gitlab/stemma/01.gitlab-ci.yml": {Data: []byte(compiledFile)},
	}
	var found diagnostic.List
	if _, err := projectci.Check(projectci.Project{Tree: tree, Definition: &definition.Definition{}, Compiled: compiled, Folder: "."}, &found); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
}

// Settings of the project may decide that there is no such pipeline.
func TestNeedsAreJudgedWhereTheWorkflowIsDecided(t *testing.T) {
	t.Parallel()
	const always = "{when: always}"
	tests := map[string]struct {
		rules string
		want  int
	}{
		"a source":               {`{if: $CI_PIPELINE_SOURCE == "web", when: never}, ` + always, 1},
		"open merge requests":    {`{if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS, when: never}, ` + always, 1},
		"one in another form":    {`{if: $CI_OPEN_MERGE_REQUESTS =~ /.+/, when: never}, ` + always, 1},
		"a setting":              {`{if: $NO_TAGS && $CI_COMMIT_TAG, when: never}, ` + always, 0},
		"a setting as condition": {`{if: $NO_TAGS == null}`, 0},
		"a name of a branch":     {`{if: $CI_COMMIT_BRANCH == "main"}, ` + always, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := check(t, "include: .gitlab/stemma.gitlab-ci.yml\nworkflow: {rules: ["+test.rules+"]}\nlint: {script: [x], rules: [{if: $CI_COMMIT_BRANCH}]}\ndeploy: {needs: [lint], script: [x]}\n")
			if len(found) != test.want {
				t.Errorf("%d findings, want %d: %v", len(found), test.want, found)
			}
		})
	}
}

// Whatever a file holds, the check ends, and every finding has a place and a hint.
func FuzzCheck(f *testing.F) {
	f.Add("include: .gitlab/stemma.gitlab-ci.yml\nstages: [test, build]\ndefault: {tags: [a]}\nworkflow: {name: x}\n")
	f.Add("include: .gitlab/stemma.gitlab-ci.yml\nstages: {a: [b]}\nverify:base: {stage: [x], needs: {a: b}, rules: [[], {}]}\n")
	f.Add("include: [.gitlab/stemma.gitlab-ci.yml, {component: $CI_SERVER_FQDN/stemma-ci/stemma/validate@1}]\nbuild:base: {stage: .post}\n")
	f.Fuzz(func(t *testing.T, file string) {
		for _, finding := range check(t, file) {
			if finding.Message == "" || finding.Hint == "" || finding.Span.File == "" {
				t.Errorf("%#v", finding)
			}
		}
	})
}
