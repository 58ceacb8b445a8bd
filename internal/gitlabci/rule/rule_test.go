package rule_test

import (
	"slices"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/problem"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/rule"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/variable"
)

func parse(t *testing.T, text string) (rule.Conditions, problem.List) {
	t.Helper()
	documents := ciyaml.NewLoader().Documents("a.yml", []byte(text))
	if len(documents) != 1 {
		t.Fatalf("%q is not one document", text)
	}
	var problems problem.List
	return rule.Parse(documents[0], "jobs:a:rules:rule", &problems), problems
}

func TestConditionsHold(t *testing.T) {
	t.Parallel()
	facts := func(changed rule.Changed) *rule.Facts {
		return &rule.Facts{
			Variables: variable.List{{Name: "A", Value: "a"}, {Name: "NESTED", Value: "$A"}}, Changed: changed, Files: func() []string { return []string{"a/b.txt", "c.txt"} },
			Project: func(path string) ([]string, bool) { return []string{"theirs.txt"}, path == "group/other" },
		}
	}
	known := rule.Changed{IsKnown: true, Paths: []string{"a/b.txt"}}
	tests := map[string]struct {
		text    string
		changed rule.Changed
		want    bool
	}{
		"none":                             {"{}", known, true},
		"an if":                            {`{if: $A == "a"}`, known, true},
		"a wrong if":                       {`{if: $A == "b"}`, known, false},
		"all of them":                      {`{if: $A == "a", changes: [x], exists: [c.txt]}`, known, false},
		"a changed file":                   {`{changes: [a/*]}`, known, true},
		"a changed file by a variable":     {`{changes: [$NESTED/*]}`, known, true},
		"another file":                     {`{changes: [c.txt]}`, known, false},
		"no changed files":                 {`{changes: ["**/*"]}`, rule.Changed{IsKnown: true}, false},
		"unknown changes":                  {`{changes: [c.txt]}`, rule.Changed{}, true},
		"changes against another ref":      {`{changes: {paths: [c.txt], compare_to: main}}`, known, false},
		"a file":                           {`{exists: [c.txt]}`, known, true},
		"a file by a pattern":              {`{exists: ["**/b.txt"]}`, known, true},
		"a file of another project":        {`{exists: {paths: [theirs.txt], project: group/other}}`, known, true},
		"a file that only this one has":    {`{exists: {paths: [c.txt], project: group/other}}`, known, false},
		"more comparisons than GitLab has": {`{changes: ["x*"]}`, rule.Changed{IsKnown: true, Paths: slices.Repeat([]string{"a"}, 50_001)}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conditions, problems := parse(t, test.text)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if got, err := conditions.Hold(facts(test.changed)); got != test.want || err != nil {
				t.Errorf("%s holds: %v, %v; want %v", test.text, got, err, test.want)
			}
		})
	}
}

func TestAnUnknownProjectIsAFailure(t *testing.T) {
	t.Parallel()
	conditions, _ := parse(t, "{exists: {paths: [a], project: group/none}}")
	if _, err := conditions.Hold(&rule.Facts{}); err == nil || !strings.Contains(err.Error(), "`group/none` not found") {
		t.Errorf("the project gave %v", err)
	}
}

func TestConditionsAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`{if: "$A == 'b"}`:                              "if invalid expression syntax",
		`{if: 1}`:                                       "it must be a string",
		`{if: '$A =~ ("b" == "b")'}`:                    "if invalid expression syntax",
		`{changes: a}`:                                  "changes should be an array or a hash",
		`{changes: [1]}`:                                "should be an array of strings",
		`{changes: {compare_to: a}}`:                    "missing required keys: paths",
		`{changes: {paths: [a], x: y}}`:                 "contains unknown keys: x",
		`{changes: [` + strings.Repeat("a,", 51) + `]}`: "too many entries (maximum 50)",
		`{exists: 1}`:                                   "should be a string, an array of strings, or a hash",
		`{exists: {paths: [a], ref: main}}`:             "missing required keys: project",
		`{exists: {project: group/other}}`:              "missing required keys: paths",
		`{exists: {paths: a}}`:                          "should be an array of strings",
	}
	for text, want := range tests {
		if _, problems := parse(t, text); len(problems) != 1 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%.80s gave %v, want %q", text, problems, want)
		}
	}
}
