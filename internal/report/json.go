package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// JSON prints findings as an object with the list "findings"; the manual documents its fields.
func JSON(w io.Writer, found diagnostic.List) error {
	type place struct {
		File    string `json:"file"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
		Message string `json:"message,omitempty"`
	}
	type finding struct {
		place
		Severity string  `json:"severity"`
		Code     string  `json:"code"`
		Message  string  `json:"message"`
		Hint     string  `json:"hint,omitempty"`
		Notes    []place `json:"notes,omitempty"`
	}
	out := struct {
		Findings []finding `json:"findings"`
	}{[]finding{}}
	for _, d := range found {
		f := finding{
			place:    place{File: d.Span.File, Line: d.Span.Line, Column: d.Span.Column},
			Severity: d.Severity.String(), Code: string(d.Code), Message: d.Message, Hint: d.Hint,
		}
		for _, note := range d.Notes {
			f.Notes = append(f.Notes, place{note.Span.File, note.Span.Line, note.Span.Column, note.Message})
		}
		out.Findings = append(out.Findings, f)
	}
	return encode(w, out)
}

// CodeQuality prints findings as GitLab's Code Quality report, with the fields of
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format and no others. A fingerprint does not change
// when lines move or on another branch.
func CodeQuality(w io.Writer, found diagnostic.List) error {
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
	seen := map[string]int{}
	for _, d := range found {
		severity := "major"
		if d.Severity == diagnostic.Warning {
			severity = "minor"
		}
		print := fingerprint(d, 0)
		if seen[print]++; seen[print] > 1 {
			print = fingerprint(d, seen[print])
		}
		issues = append(issues, issue{d.Message, string(d.Code), print, severity, location{d.Span.File, lines{max(d.Span.Line, 1)}}})
	}
	return encode(w, issues)
}

// fingerprint identifies a finding by what it is about; the nth of several equal ones by its number too.
func fingerprint(d diagnostic.Diagnostic, n int) string {
	about := d.Key
	if about == "" {
		about = d.Message
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", d.Code, d.Span.File, about, n))
	return hex.EncodeToString(sum[:])
}

func encode(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
