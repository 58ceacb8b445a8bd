package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// TestResult is the outcome of one test of an image.
type TestResult struct {
	Name     string
	Duration time.Duration
	// Failure says what went wrong; it is empty for a test that passed. Output is what the test printed.
	Failure, Output string
}

// JUnit prints test results in the format of https://docs.gitlab.com/ci/testing/unit_test_reports/.
func JUnit(w io.Writer, suite string, results []TestResult) error {
	type failure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type testcase struct {
		Name      string   `xml:"name,attr"`
		Classname string   `xml:"classname,attr"`
		Time      string   `xml:"time,attr"`
		Failure   *failure `xml:"failure"`
		Output    string   `xml:"system-out,omitempty"`
	}
	type testsuite struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testcase `xml:"testcase"`
	}
	out := testsuite{Name: terminal.Text(suite), Tests: len(results)}
	for _, r := range results {
		c := testcase{Name: terminal.Text(r.Name), Classname: terminal.Text(suite), Time: fmt.Sprintf("%.3f", r.Duration.Seconds()), Output: terminal.Text(r.Output)}
		if r.Failure != "" {
			out.Failures++
			c.Failure = &failure{Message: terminal.Text(r.Failure), Text: terminal.Text(r.Output)}
		}
		out.Cases = append(out.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
