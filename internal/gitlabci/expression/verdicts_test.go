package expression_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/gitlabci/expression"
)

// verdict is a line of testdata/verdicts.jsonl: what GitLab's own code made of an expression. Most of the expressions were
// generated; the others are conditions that stemma has printed.
type verdict struct {
	If        string            `json:"if"`
	Variables map[string]string `json:"variables"`
	// Verdict is "true", "false", "invalid" where GitLab refuses the expression, or "exception" where its code raises one.
	Verdict string `json:"verdict"`
}

func readVerdicts(tb testing.TB) []verdict {
	tb.Helper()
	file, err := os.Open("testdata/verdicts.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	var out []verdict
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var v verdict
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			tb.Fatal(err)
		}
		out = append(out, v)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// judge is this package's verdict.
func judge(text string, variables map[string]string) string {
	parsed, err := expression.Parse(text)
	if err != nil {
		return "invalid"
	}
	holds, err := parsed.Holds(expression.Scope{Variables: variables})
	if err != nil {
		return "exception"
	}
	return strconv.FormatBool(holds)
}

func TestVerdictsAreGitLabs(t *testing.T) {
	t.Parallel()
	verdicts := readVerdicts(t)
	if len(verdicts) != 2000 {
		t.Fatalf("there are %d verdicts, not 2000", len(verdicts))
	}
	for _, want := range verdicts {
		if got := judge(want.If, want.Variables); got != want.Verdict {
			t.Errorf("%q with %q: %s, GitLab says %s", want.If, want.Variables, got, want.Verdict)
		}
	}
}

// FuzzExpression finds expressions on which parsing or evaluating panics or does not end, and expressions that mean something
// else in parentheses.
func FuzzExpression(f *testing.F) {
	for i, v := range readVerdicts(f) {
		if i%10 == 0 {
			f.Add(v.If, v.Variables["A"])
		}
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		variables := map[string]string{"A": value, "B": "/" + value + "/", "EMPTY": ""}
		got := judge(text, variables)
		parsed, err := expression.Parse(text)
		if err != nil {
			return
		}
		if parsed.String() != text {
			t.Errorf("%q is printed as %q", text, parsed)
		}
		grouped := "(" + text + ")"
		if _, err := expression.Parse(grouped); err == nil && judge(grouped, variables) != got {
			t.Errorf("%q is %s, but %s in parentheses", text, got, judge(grouped, variables))
		}
	})
}
