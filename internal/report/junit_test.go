package report_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/report"
)

func TestJUnit(t *testing.T) {
	t.Parallel()
	results := []report.TestResult{
		{Name: "works", Duration: 1500 * time.Millisecond, Output: "ok\n"},
		{Name: "breaks", Failure: "exit status 1", Output: "\x1b[31m<no> & \xff\n"},
	}
	var out bytes.Buffer
	if err := report.JUnit(&out, "base", results); err != nil {
		t.Fatal(err)
	}
	want := xml.Header + `<testsuite name="base" tests="2" failures="1">
  <testcase name="works" classname="base" time="1.500">
    <system-out>ok&#xA;</system-out>
  </testcase>
  <testcase name="breaks" classname="base" time="0.000">
    <failure message="exit status 1">·[31m&lt;no&gt; &amp; ·&#xA;</failure>
    <system-out>·[31m&lt;no&gt; &amp; ·&#xA;</system-out>
  </testcase>
</testsuite>
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	if err := xml.NewDecoder(strings.NewReader(out.String())).Decode(new(struct{})); err != nil {
		t.Error(err)
	}
}
