// Package imagetest runs the tests and checks of an image, and reports them.
package imagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/ci/tested"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/schema"
)

// ErrFailed is the kind of every Failure.
var ErrFailed = errors.New("tests of the image failed")

// Failure is the error of a session whose tests failed. They are in the log and in the report.
type Failure struct{ Tests []report.TestResult }

// Error implements error.
func (Failure) Error() string { return ErrFailed.Error() }

// Is lets errors.Is find ErrFailed.
func (Failure) Is(target error) bool { return target == ErrFailed }

// Runner runs snippets inside images; see buildah.Builder.
type Runner interface {
	Try(ctx context.Context, image buildah.Subject, trial buildah.Trial) (status int, output string, err error)
}

// Session is a run of tests and checks, with their results.
type Session struct {
	Log output.Log
	// Dir is the folder for the report.
	Dir output.Folder
	Now func() time.Time
	// Runner returns what runs tests inside an image.
	Runner func(context.Context) (Runner, error)
	// RunOutside runs a snippet outside the image, with its reference in schema.VarImageReference. It returns the exit status and the output.
	// It may be nil if no test runs outside.
	RunOutside func(ctx context.Context, snippet, image string) (status int, output string, err error)
	// Checkout returns a folder with the project's files that tests may change.
	Checkout func() (string, error)
	// Ran and Failed are how many tests and checks have run, and failed.
	Ran, Failed int

	results []report.TestResult
}

// Test runs a test in a container of its own, or beside the image.
func (s *Session) Test(ctx context.Context, test schema.Test, image buildah.Subject) error {
	begun := s.Now()
	s.Log.Begin("test", "Test "+test.Name)
	status, output, err := s.try(ctx, test, image)
	if errors.Is(err, buildah.ErrTooLong) {
		s.Log.End(nil)
	} else {
		s.Log.End(err)
	}
	result := report.TestResult{Name: test.Name, Duration: s.Now().Sub(begun), Output: output}
	switch {
	case errors.Is(err, buildah.ErrTooLong):
		result.Failure = fmt.Sprintf("it was ended after its limit of %s: make it faster, or give it a longer timeout", shortly(tested.Limit(test)))
	case err != nil:
		return fmt.Errorf("run the test %q: %w", test.Name, err)
	case status != 0:
		result.Failure = fmt.Sprintf("it ended with status %d", status)
	}
	s.note(result)
	return nil
}

// shortly is a limit without the units that are zero: 10m and not 10m0s.
func shortly(limit time.Duration) string {
	switch {
	case limit%time.Hour == 0:
		return fmt.Sprintf("%dh", limit/time.Hour)
	case limit%time.Minute == 0:
		return fmt.Sprintf("%dm", limit/time.Minute)
	default:
		return limit.String()
	}
}

func (s *Session) try(ctx context.Context, test schema.Test, image buildah.Subject) (status int, output string, err error) {
	if test.Outside {
		limited, stop := context.WithTimeoutCause(ctx, tested.Limit(test), buildah.ErrTooLong)
		defer stop()
		return s.RunOutside(limited, test.Run, image.Reference)
	}
	runner, err := s.Runner(ctx)
	if err != nil {
		return 0, "", err
	}
	trial := buildah.Trial{Script: test.Run, Limit: tested.Limit(test)}
	if test.Checkout {
		if trial.Folder, err = s.Checkout(); err != nil {
			return 0, "", fmt.Errorf("find the checkout: %w", err)
		}
	}
	return runner.Try(ctx, image, trial)
}

// note takes the result of a test or check that has run.
func (s *Session) note(result report.TestResult) {
	s.results = append(s.results, result)
	s.Ran++
	if result.Failure == "" {
		s.Log.Printf("ok   %s", result.Name)
		return
	}
	s.Failed++
	s.Log.Printf("FAIL %s: %s.", result.Name, result.Failure)
}

// Skip reports a test that need not run again.
func (s *Session) Skip(name string, run tested.Run) {
	s.results = append(s.results, report.TestResult{Name: name, Output: run.String()})
}

// Verdict writes the report, with the tests as those of a suite, and fails where a test has failed.
func (s *Session) Verdict(suite string) error {
	if err := s.Report(suite); err != nil {
		return err
	}
	if s.Failed == 0 {
		return nil
	}
	return Failure{slices.DeleteFunc(slices.Clone(s.results), func(r report.TestResult) bool { return r.Failure == "" })}
}

// Interrupted writes the report of the tests that have run before an error.
func (s *Session) Interrupted(suite string, err error) error {
	if len(s.results) == 0 {
		return err
	}
	return errors.Join(err, s.Report(suite))
}

// Report writes the report of the tests that have run, as those of a suite.
func (s *Session) Report(suite string) error {
	var content bytes.Buffer
	if err := report.JUnit(&content, suite, s.results); err != nil {
		return err
	}
	return s.Dir.Write(schema.JUnitFile, content.Bytes())
}
