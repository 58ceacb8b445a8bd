package fairy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/migrate/fairy"
)

// rulesFile writes a rules file and returns its path.
func rulesFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "commit-rules.yml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPatternsSayWhatACommitMayAndMustHave(t *testing.T) {
	t.Parallel()
	const rules = `
patterns:
  deny:
    - {regex: '^$CI_MERGE_REQUEST_PROJECT_URL/(-/)?merge_requests/${CI_MERGE_REQUEST_IID}$', message: links to itself}
    - {regex: '^[^:]+: [a-z]', message: not a capital, where: subject}
    - {regex: '^[Cc]loses #[0-9]+', message: a short link, where: message}
    - {regex: 'wip', message: a draft, where: body}
  require:
    - {regex: '^[a-z]+: ', message: no prefix, where: subject}
    - {regex: '^Part-of: ', message: no link}
`
	variables := map[string]string{"CI_MERGE_REQUEST_PROJECT_URL": "https://x.org/a.b", "CI_MERGE_REQUEST_IID": "7"}
	patterns, err := fairy.ReadRules(rulesFile(t, rules), func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		message string
		want    []string
	}{
		"all is well":                            {"core: Say it\n\nWhy.\n\nPart-of: x", nil},
		"no prefix":                              {"Say it\n\nPart-of: x", []string{"no prefix"}},
		"the prefix is not the body's":           {"Say it\n\ncore: Say it\nPart-of: x", []string{"no prefix"}},
		"a required pattern that does not match": {"Say it", []string{"no prefix", "no link"}},
		"a small letter":                         {"core: say it\n\nPart-of: x", []string{"not a capital"}},
		"a small letter in the body":             {"core: Say it\n\nnote: that\nPart-of: x", nil},
		"a line of the body":                     {"core: Say it\n\nWhy.\nCloses #3\nPart-of: x", []string{"a short link"}},
		"a whole line of the body":               {"core: Say it\n\nPart-of: x\nhttps://x.org/a.b/-/merge_requests/7\n", []string{"links to itself"}},
		"more than that line":                    {"core: Say it\n\nPart-of: https://x.org/a.b/-/merge_requests/7", nil},
		"a variable's dot is no regexp":          {"core: Say it\n\nPart-of: x\nhttps://x.org/a_b/merge_requests/7", nil},
		"the body is not the subject":            {"core: Say wip\n\nPart-of: x", nil},
		"in the body":                            {"core: Say it\n\nwip\nPart-of: x", []string{"a draft"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			commit := fairy.Commit{ID: "0123456789", Author: "Ann", Email: "ann@example.org", Message: test.message}
			if diff := cmp.Diff(test.want, fairy.Rules{Patterns: patterns}.Check(commit)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestARulesFileThatMeansNothingIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ content, want string }{
		"not YAML":                  {"patterns: [", "commit-rules.yml"},
		"no regular expression":     {"patterns:\n  require:\n    - regex: '('\n", `commit-rules.yml:3: "(" is not a regular expression`},
		"looking ahead":             {"patterns:\n  deny:\n    - regex: 'a(?!b)'\n", "commit-rules.yml:3: "},
		"no regex":                  {"patterns:\n  deny:\n    - message: x\n", "commit-rules.yml:3: a pattern has no regex"},
		"another place":             {"patterns:\n  deny:\n    - {regex: x, where: author}\n", "it is subject, body or message"},
		"another kind of patterns":  {"patterns:\n  forbid:\n    - regex: x\n", "commit-rules.yml:2: forbid is neither deny nor require"},
		"patterns that are no list": {"patterns:\n  deny: x\n", "commit-rules.yml:2: deny is not a list"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fairy.ReadRules(rulesFile(t, test.content), func(string) string { return "" })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestAPatternWithoutAMessageIsNamed(t *testing.T) {
	t.Parallel()
	patterns, err := fairy.ReadRules(rulesFile(t, "patterns:\n  deny: [{regex: '^a'}]\n  require: [{regex: '^b'}]\n"), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	commit := fairy.Commit{ID: "0123456789", Author: "Ann", Email: "ann@example.org", Message: "a"}
	if diff := cmp.Diff([]string{"it matches ^a", "it does not match ^b"}, fairy.Rules{Patterns: patterns}.Check(commit)); diff != "" {
		t.Error(diff)
	}
}

func TestARulesFileMayBeEmpty(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "patterns:\n", "patterns:\n  deny:\n  require: []\n"} {
		patterns, err := fairy.ReadRules(rulesFile(t, content), func(string) string { return "" })
		if err != nil || len(patterns.Deny)+len(patterns.Require) != 0 {
			t.Errorf("%q: %v %v", content, patterns, err)
		}
	}
}
