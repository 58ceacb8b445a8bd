package jobcmd

import (
	"errors"
	"fmt"

	"gitlab.com/stemma-ci/stemma/internal/ci/build"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
)

// advised is an error, followed by the next step on a line of its own.
type advised struct {
	error
	advice string
}

// Error implements error.
func (a advised) Error() string { return a.error.Error() + "\n" + a.advice }

// Unwrap returns the error.
func (a advised) Unwrap() error { return a.error }

// advise adds to the error of a step what to do about it, where that does not depend on the details. The image is empty in a job that was
// written by hand.
func advise(err error, step, image string) error {
	var failed build.Failure
	switch {
	case outside.Is(err):
		return advised{err, "The cause is outside of this project: a registry, GitLab, a mirror of packages, or the network. Run this job again."}
	case errors.As(err, &failed) && image != "":
		return advised{err, fmt.Sprintf("To repeat this build on your machine, run `stemma build %s`.", image)}
	case oci.IsNotFound(err) && image != "" && (step == "verify" || step == "release"):
		return advised{err, fmt.Sprintf("Run the job build:%s first.", image)}
	}
	return err
}
