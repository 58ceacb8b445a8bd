package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// CodeQuality prints findings as GitLab's Code Quality report, with the fields of
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format and no others. A fingerprint does not change
// when lines move or on another branch. folder is the project's below the top of the repository, where paths begin.
func CodeQuality(w io.Writer, found diagnostic.List, folder string) error {
	type lines struct {
		Begin int `json:"begin"`
	}
	type location struct {
		Path  string `json:"path"`
		Lines lines  `json:"lines"`
	}
	type issue struct {
		Description string   `json:"description"`
		CheckName   string   `json:"check_name"`
		Fingerprint string   `json:"fingerprint"`
		Severity    string   `json:"severity"`
		Location    location `json:"location"`
	}
	issues := []issue{}
	seen := map[identity]int{}
	for _, d := range found {
		severity := "major"
		if d.Severity == diagnostic.Warning {
			severity = "minor"
		}
		id := identity{d.Code, d.Span.File, d.Key, d.Message}
		seen[id]++
		issues = append(issues, issue{
			Description: d.Message, CheckName: string(d.Code), Fingerprint: id.fingerprint(seen[id]), Severity: severity,
			Location: location{path.Join(folder, d.Span.File), lines{max(d.Span.Line, 1)}},
		})
	}
	return encode(w, issues)
}

// identity is what a finding is about, wherever its line is.
type identity struct {
	code               diagnostic.Code
	file, key, message string
}

// fingerprint tells the nth of several equal findings from the others.
func (id identity) fingerprint(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d", id.code, id.file, id.key, id.message, n))
	return hex.EncodeToString(sum[:])
}
