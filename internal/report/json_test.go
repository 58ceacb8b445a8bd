package report_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	found.Errorf(diagnostic.DuplicateImage, diagnostic.Span{File: "stemma.yaml", Line: 4, Column: 3, Length: 4}, "declared <twice>").
		WithHint("rename").WithNote(diagnostic.Span{File: "a.yaml", Line: 1}, "first")
	found.Warnf(diagnostic.Untracked, diagnostic.Span{File: "b"}, "unknown to git")
	want := `{
  "findings": [
    {
      "file": "stemma.yaml",
      "line": 4,
      "column": 3,
      "length": 4,
      "severity": "error",
      "code": "duplicate-image",
      "message": "declared <twice>",
      "hint": "rename",
      "notes": [
        {
          "file": "a.yaml",
          "line": 1,
          "message": "first"
        }
      ]
    },
    {
      "file": "b",
      "severity": "warning",
      "code": "untracked",
      "message": "unknown to git"
    }
  ]
}
`
	var out bytes.Buffer
	if err := report.JSON(&out, found); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestReportsOfNothingAreEmptyLists(t *testing.T) {
	t.Parallel()
	var findings, issues bytes.Buffer
	if err := report.JSON(&findings, nil); err != nil {
		t.Fatal(err)
	}
	if err := report.CodeQuality(&issues, nil, "."); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"{\n  \"findings\": []\n}\n", "[]\n"}, []string{findings.String(), issues.String()}); diff != "" {
		t.Error(diff)
	}
}

func quality(t *testing.T, found diagnostic.List) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := report.CodeQuality(&out, found, "."); err != nil {
		t.Fatal(err)
	}
	var issues []map[string]any
	if err := json.Unmarshal(out.Bytes(), &issues); err != nil {
		t.Fatal(err)
	}
	return issues
}

func TestCodeQualityHasGitLabsFieldsAndNoOthers(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	found.Errorf(diagnostic.Cycle, diagnostic.Span{File: "stemma.yaml", Line: 7, Column: 2}, "a → b → a").WithHint("hint").WithKey("a")
	found.Warnf(diagnostic.Untracked, diagnostic.Span{File: "b"}, "unknown to git")
	issues := quality(t, found)
	for _, issue := range issues {
		if print, ok := issue["fingerprint"].(string); !ok || len(print) != 64 {
			t.Errorf("fingerprint %v", issue["fingerprint"])
		}
		delete(issue, "fingerprint")
	}
	location := func(path string, line float64) map[string]any {
		return map[string]any{"path": path, "lines": map[string]any{"begin": line}}
	}
	want := []map[string]any{
		{"description": "a → b → a", "check_name": "cycle", "severity": "major", "location": location("stemma.yaml", 7)},
		{"description": "unknown to git", "check_name": "untracked", "severity": "minor", "location": location("b", 1)},
	}
	if diff := cmp.Diff(want, issues); diff != "" {
		t.Error(diff)
	}
}

func TestFingerprintsAreUniqueAndStayWhenLinesMove(t *testing.T) {
	t.Parallel()
	prints := func(offset int) []any {
		var found diagnostic.List
		for line := range 3 {
			found.Errorf(diagnostic.BadValue, diagnostic.Span{File: "f", Line: line + offset, Column: 1}, "the same").WithKey("k")
		}
		found.Errorf(diagnostic.BadValue, diagnostic.Span{File: "f", Line: 9 + offset}, "the same").WithKey("another")
		found.Errorf(diagnostic.BadValue, diagnostic.Span{File: "g", Line: 9 + offset}, "the same").WithKey("k")
		found.Errorf(diagnostic.BadValue, diagnostic.Span{File: "f", Line: 9 + offset}, "another").WithKey("k")
		var out []any
		for _, issue := range quality(t, found) {
			out = append(out, issue["fingerprint"])
		}
		return out
	}
	before, after := prints(1), prints(50)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error("moved lines change fingerprints:", diff)
	}
	seen := map[any]bool{}
	for _, print := range before {
		if seen[print] {
			t.Errorf("the fingerprint %v is given twice", print)
		}
		seen[print] = true
	}
}
