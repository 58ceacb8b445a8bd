package generate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestRulesOfTemplatesHoldInGitLab reads the rules of all templates. The text of an input in a rule would end the pipeline of
// whoever includes the template at the first quote or line end. A variable alone counts as true within `&&` and `||` when it is
// empty, https://docs.gitlab.com/ci/jobs/job_rules/#join-variable-expressions-together.
func TestRulesOfTemplatesHoldInGitLab(t *testing.T) {
	t.Parallel()
	count := 0
	for file, jobs := range templates(t) {
		for name, job := range jobs {
			for _, rule := range job.Rules {
				count++
				if strings.Contains(rule.If, "$[[") {
					t.Errorf("%s: a rule of %s holds the text of an input: %s", file, name, rule.If)
				}
				if term, ok := bareTerm(rule.If); ok {
					t.Errorf("%s: a rule of %s has a term that compares nothing, %q: %s", file, name, term, rule.If)
				}
			}
		}
	}
	if count < 8 {
		t.Errorf("the templates have only %d rules", count)
	}
}

// TestJobsOfComponentsKeepTheProjectsRunners looks for jobs that would never start where all runners have tags.
func TestJobsOfComponentsKeepTheProjectsRunners(t *testing.T) {
	t.Parallel()
	for file, jobs := range templates(t) {
		for name, job := range jobs {
			if kept, ok := job.Inherit.Default.([]any); job.Inherit.Default != nil && (!ok || len(kept) != 1 || kept[0] != "tags") {
				t.Errorf("%s: %s does not inherit the project's default tags: %v", file, name, job.Inherit.Default)
			}
		}
	}
}

// TestBareTerm keeps the check honest.
func TestBareTerm(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`$A`:                                   "",
		`$A == "x" && $B =~ /a|b && (c)/`:      "",
		`$A == "x || $B"`:                      "",
		`$A || $B == "x"`:                      "$A",
		`($A == "x" || $B) && $C != null`:      "$B",
		`$A == "x" && "literal"`:               `"literal"`,
		`$A =~ /.+/ && ($B == "" || $B == $C)`: "",
	}
	for rule, want := range tests {
		if got, _ := bareTerm(rule); got != want {
			t.Errorf("%s: found %q, want %q", rule, got, want)
		}
	}
}

var (
	comparison = regexp.MustCompile(`(?:==|!=|=~|!~)`)
	literal    = regexp.MustCompile(`"[^"]*"|'[^']*'|[=!]~\s*/(?:\\.|[^/\\])*/`)
	joint      = regexp.MustCompile(`&&|\|\|`)
)

// bareTerm returns a part of `&&` or `||` that is no comparison.
func bareTerm(rule string) (string, bool) {
	blank := literal.ReplaceAllStringFunc(rule, func(text string) string {
		if strings.HasPrefix(text, "=~") || strings.HasPrefix(text, "!~") {
			return text[:2] + strings.Repeat("_", len(text)-2)
		}
		return strings.Repeat("_", len(text))
	})
	joints := joint.FindAllStringIndex(blank, -1)
	if joints == nil {
		return "", false
	}
	begin := 0
	for _, at := range append(joints, []int{len(blank), len(blank)}) {
		if !comparison.MatchString(blank[begin:at[0]]) {
			return strings.Trim(rule[begin:at[0]], " ()"), true
		}
		begin = at[1]
	}
	return "", false
}

// templateJob is what the tests look at of a job.
type templateJob struct {
	Rules   []struct{ If string }
	Inherit struct{ Default any }
	Script  any
	Extends any
}

// templates are the jobs of all templates, by file and name.
func templates(t *testing.T) map[string]map[string]templateJob {
	t.Helper()
	files, err := filepath.Glob(top + "/templates/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	all := map[string]map[string]templateJob{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(source)
		if _, body, found := strings.Cut(text, "\n---\n"); found {
			text = body
		}
		var jobs map[string]templateJob
		if err := yaml.Unmarshal([]byte(text), &jobs); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		delete(jobs, "variables")
		all[filepath.Base(file)] = jobs
	}
	return all
}
