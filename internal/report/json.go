package report

import (
	"encoding/json"
	"io"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// JSON prints findings as an object with the list "findings". Each has file, line, column and length (counted from one, in
// characters; left out where unknown), severity ("error" or "warning"), code, message, and where there are some hint and
// notes, each note with a place and a message. Fields may be added, never renamed.
func JSON(w io.Writer, found diagnostic.List) error {
	type place struct {
		File    string `json:"file"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
		Length  int    `json:"length,omitempty"`
		Message string `json:"message,omitempty"`
	}
	placed := func(at diagnostic.Span, message string) place {
		return place{at.File, at.Line, at.Column, at.Length, message}
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
			place:    placed(d.Span, ""),
			Severity: d.Severity.String(), Code: string(d.Code), Message: d.Message, Hint: d.Hint,
		}
		for _, note := range d.Notes {
			f.Notes = append(f.Notes, placed(note.Span, note.Message))
		}
		out.Findings = append(out.Findings, f)
	}
	return encode(w, out)
}

func encode(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
