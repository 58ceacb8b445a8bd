package report_test

import (
	"bytes"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/report"
)

func TestAFileIsReadOnceForAllOfItsFindings(t *testing.T) {
	t.Parallel()
	var found diagnostic.List
	for i := range 1000 {
		found.Errorf(diagnostic.UnknownKey, diagnostic.Span{File: "a", Line: i + 1, Column: 1}, "unknown key")
	}
	reads := 0
	source := func(string) []byte {
		reads++
		return []byte(strings.Repeat("key: value\n", 1000))
	}
	var out bytes.Buffer
	if err := report.Text(&out, found, source, false); err != nil {
		t.Fatal(err)
	}
	if reads != 1 || strings.Count(out.String(), "| key: value") != 1000 {
		t.Errorf("the file was read %d times, and %d lines are shown", reads, strings.Count(out.String(), "| key: value"))
	}
}
