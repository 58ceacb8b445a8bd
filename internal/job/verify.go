package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/internal/build"
	"gitlab.com/stemma-ci/stemma/internal/oci"
	"gitlab.com/stemma-ci/stemma/internal/report"
	"gitlab.com/stemma-ci/stemma/schema"
)

// ErrTestsFailed says that tests of the image failed; they have been printed and stand in the report.
var ErrTestsFailed = errors.New("tests of the image failed")

// Runner runs commands inside images.
type Runner interface {
	Start(ctx context.Context, reference, platform string) (*build.Container, error)
}

// Verify checks an image and runs its tests, each in a container of its own, and writes a JUnit report.
func Verify(ctx context.Context, env Env, runner func(ctx context.Context) (Runner, error)) error {
	v := verification{Env: env}
	if err := v.report(""); err != nil {
		return err
	}
	r := &reader{getenv: env.Getenv}
	image := r.target()
	var tests []schema.Test
	r.decode(schema.VarTests, &tests)
	var checks schema.Checks
	r.decode(schema.VarChecks, &checks)
	if snippet := env.Getenv(schema.VarTest); snippet != "" {
		tests = append(tests, schema.Test{Name: schema.VarTest, Run: snippet})
	}
	if err := r.err(); err != nil {
		return err
	}
	pinned, err := env.built(ctx, image)
	if err != nil {
		return err
	}
	v.image, v.platform = pinned.String(), image.Platform
	if err := v.check(ctx, pinned, checks); err != nil {
		return err
	}
	if len(tests) > 0 {
		if v.runner, err = runner(ctx); err != nil {
			return err
		}
	}
	for _, test := range tests {
		if err := v.run(ctx, test); err != nil {
			return err
		}
	}
	if err := v.report(image.Name); err != nil {
		return err
	}
	if v.failed > 0 {
		return ErrTestsFailed
	}
	return nil
}

type verification struct {
	Env
	image, platform string
	runner          Runner
	results         []report.TestResult
	failed          int
}

func (v *verification) run(ctx context.Context, test schema.Test) error {
	begun := v.Now()
	status, output, err := v.try(ctx, test)
	if err != nil {
		return fmt.Errorf("run the test %q: %w", test.Name, err)
	}
	result := report.TestResult{Name: test.Name, Duration: v.Now().Sub(begun), Output: output}
	if status != 0 {
		result.Failure = fmt.Sprintf("it ended with status %d", status)
	}
	v.note(result)
	return nil
}

// note takes a result in.
func (v *verification) note(result report.TestResult) {
	v.results = append(v.results, result)
	if result.Failure == "" {
		v.logf("ok   %s", result.Name)
		return
	}
	v.failed++
	v.logf("FAIL %s: %s.", result.Name, result.Failure)
}

// try runs a test where it belongs, inside a container of its own or beside the image.
func (v *verification) try(ctx context.Context, test schema.Test) (status int, output string, err error) {
	if test.Outside {
		return v.Beside(ctx, test.Run, v.image)
	}
	container, err := v.runner.Start(ctx, v.image, v.platform)
	if err != nil {
		return 0, "", fmt.Errorf("start a container of %s: %w", v.image, err)
	}
	defer container.Close()
	folder := ""
	if test.Checkout {
		if folder, err = v.checkout(); err != nil {
			return 0, "", fmt.Errorf("find the checkout: %w", err)
		}
	}
	return container.Run(ctx, test.Run, folder)
}

// checkout is the folder of the project's files, as containers see it.
func (v *verification) checkout() (string, error) {
	if v.Folder != nil {
		return v.Folder()
	}
	return filepath.Abs(v.Dir)
}

// report writes the results, as the tests of a suite.
func (v *verification) report(suite string) error {
	var content bytes.Buffer
	if err := report.JUnit(&content, suite, v.results); err != nil {
		return err
	}
	return v.write(schema.JUnitFile, content.Bytes())
}

// built is the image that the build job of this pipeline left, or else the one that has the tag and is made of the
// inputs that the job was compiled with.
func (e Env) built(ctx context.Context, image target) (oci.Reference, error) {
	if digest, err := oci.ParseDigest(e.Getenv(schema.PrefixDigest + schema.DotenvSuffix(image.Name))); err == nil {
		return image.Repository.At(digest), nil
	}
	found, err := e.Registry.Look(ctx, image.reference(), image.Platform)
	if err != nil {
		return oci.Reference{}, err
	}
	if image.Inputs != "" && found.Labels[schema.LabelInputs] != image.Inputs {
		return oci.Reference{}, fmt.Errorf("the image %s is not made of the inputs that this job was compiled for: its label %s is %q; run its build job first", image.reference(), schema.LabelInputs, found.Labels[schema.LabelInputs])
	}
	return image.Repository.At(found.Digest), nil
}
