package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Findings are findings and what the formats need to print them.
type Findings struct {
	List diagnostic.List
	// Out receives what other programs read, and Err what people read.
	Out, Err io.Writer
	Source   Source
	// IsColoured says that Err shows colours.
	IsColoured bool
	// Folder returns the project's folder below the top of the repository.
	Folder func() (string, error)
}

// formats are all formats of findings, by the names that --format takes.
var formats = map[string]func(Findings) error{
	"text":  func(f Findings) error { return Text(f.Err, f.List, f.Source, f.IsColoured) },
	"json":  func(f Findings) error { return JSON(f.Out, f.List) },
	"junit": func(f Findings) error { return JUnit(f.Out, "stemma check", testsOf(f.List)) },
	"codequality": func(f Findings) error {
		folder, err := f.Folder()
		if err != nil {
			return err
		}
		return CodeQuality(f.Out, f.List, folder)
	},
}

// testsOf returns a test for each finding. An error is a test that failed, and a warning one that passed and printed something. Without
// findings there is one test that passed.
func testsOf(found diagnostic.List) []TestResult {
	if len(found) == 0 {
		return []TestResult{{Name: "definition"}}
	}
	results := make([]TestResult, len(found))
	for i, d := range found {
		results[i] = TestResult{Name: fmt.Sprintf("%s %s", d.Span, d.Code), Output: d.Hint}
		if d.Severity == diagnostic.Error {
			results[i].Failure = d.Message
		} else {
			results[i].Output = d.Message + "\n" + d.Hint
		}
	}
	return results
}

// Print prints findings in a format: "text", "json", "junit" or "codequality". Other names are errors.
func (f Findings) Print(format string) error {
	print, ok := formats[format]
	if !ok {
		return fmt.Errorf("findings cannot be printed as %q, only as %s", format, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
	}
	return print(f)
}
