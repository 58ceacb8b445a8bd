package report_test

import (
	"bytes"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report"
)

func TestFormatsPrintWhereTheirReadersLook(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ out, err, fails string }{
		"text":        {err: "a.yaml:1: error[cycle]: a → a"},
		"json":        {out: `"file": "a.yaml"`},
		"junit":       {out: `<testcase name="a.yaml:1 cycle" classname="stemma check" time="0.000">`},
		"codequality": {out: `"path": "sub/a.yaml"`},
		"mermaid":     {fails: `findings cannot be printed as "mermaid", only as codequality, json, junit, text`},
		"":            {fails: `findings cannot be printed as ""`},
	}
	for format, test := range tests {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var found diagnostic.List
			found.Errorf(diagnostic.Cycle, diagnostic.Span{File: "a.yaml", Line: 1}, "a → a")
			var out, errOut bytes.Buffer
			findings := report.Findings{
				List: found, Out: &out, Err: &errOut,
				Source: func(string) []byte { return nil }, Folder: func() (string, error) { return "sub", nil },
			}
			err := findings.Print(format)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("got %v, want %q", err, test.fails)
				}
			} else if err != nil {
				t.Error(err)
			}
			for name, stream := range map[string]struct{ got, want string }{"out": {out.String(), test.out}, "err": {errOut.String(), test.err}} {
				if !strings.Contains(stream.got, stream.want) || (stream.want == "") != (stream.got == "") {
					t.Errorf("%s has %q, want %q", name, stream.got, stream.want)
				}
			}
		})
	}
}
