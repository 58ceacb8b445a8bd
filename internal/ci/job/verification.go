package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/schema"
)

// ErrTestsFailed says that tests of the image failed; they are in the log and in the report.
var ErrTestsFailed = errors.New("tests of the image failed")

// Runner runs snippets inside images; see buildah.Builder.
type Runner interface {
	Try(ctx context.Context, image buildah.Subject, trial buildah.Trial) (status int, output string, err error)
}

// verification is a run of tests, and their results.
type verification struct {
	Env
	// runner is made when a test first runs inside an image.
	runner  func(context.Context) (Runner, error)
	results []report.TestResult
	// ran and failed are how many tests and checks have run, and failed.
	ran, failed int
}

// run runs a test in a container of its own, or beside the image.
func (v *verification) run(ctx context.Context, test schema.Test, image buildah.Subject) error {
	begun := v.Now()
	status, output, err := v.try(ctx, test, image)
	result := report.TestResult{Name: test.Name, Duration: v.Now().Sub(begun), Output: output}
	switch {
	case errors.Is(err, buildah.ErrTooLong):
		result.Failure = fmt.Sprintf("it was ended after its limit of %s: make it faster, or give it a longer timeout", shortly(limitOf(test)))
	case err != nil:
		return fmt.Errorf("run the test %q: %w", test.Name, err)
	case status != 0:
		result.Failure = fmt.Sprintf("it ended with status %d", status)
	}
	v.note(result)
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

func (v *verification) try(ctx context.Context, test schema.Test, image buildah.Subject) (status int, output string, err error) {
	if test.Outside {
		limited, stop := context.WithTimeoutCause(ctx, limitOf(test), buildah.ErrTooLong)
		defer stop()
		return v.RunOutside(limited, test.Run, image.Reference)
	}
	runner, err := v.runner(ctx)
	if err != nil {
		return 0, "", err
	}
	trial := buildah.Trial{Script: test.Run, Limit: limitOf(test)}
	if test.Checkout {
		if trial.Folder, err = v.checkout(); err != nil {
			return 0, "", fmt.Errorf("find the checkout: %w", err)
		}
	}
	return runner.Try(ctx, image, trial)
}

// checkout is the folder of the project's files that tests see.
func (v *verification) checkout() (string, error) {
	switch {
	case v.Checkout != nil:
		return v.Checkout()
	case v.Folder != nil:
		return v.Folder()
	default:
		return filepath.Abs(string(v.Dir))
	}
}

// note takes the result of a test or check that has run.
func (v *verification) note(result report.TestResult) {
	v.results = append(v.results, result)
	v.ran++
	if result.Failure == "" {
		v.Log.Printf("ok   %s", result.Name)
		return
	}
	v.failed++
	v.Log.Printf("FAIL %s: %s.", result.Name, result.Failure)
}

// skip reports a test that need not run again.
func (v *verification) skip(name string, record testRun) {
	v.results = append(v.results, report.TestResult{Name: name, Output: record.String()})
}

// verdict writes the report, with the tests as those of a suite, and fails where a test has failed.
func (v *verification) verdict(suite string) error {
	if err := v.report(suite); err != nil {
		return err
	}
	if v.failed > 0 {
		return ErrTestsFailed
	}
	return nil
}

// interrupted writes the report of the tests that have run before an error.
func (v *verification) interrupted(suite string, err error) error {
	if len(v.results) == 0 {
		return err
	}
	return errors.Join(err, v.report(suite))
}

func (v *verification) report(suite string) error {
	var content bytes.Buffer
	if err := report.JUnit(&content, suite, v.results); err != nil {
		return err
	}
	return v.Dir.Write(schema.JUnitFile, content.Bytes())
}
