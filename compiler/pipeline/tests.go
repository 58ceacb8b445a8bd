package pipeline

import (
	"slices"
	"strconv"

	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/schema"
)

// parentTests are the tests that the parents of an image must have passed.
func parentTests(image *lineage.Image) string {
	required := map[string]string{}
	for _, parent := range image.Parents {
		if parent.Image != nil && isTested(parent.Image) {
			required[parent.Image.Name] = requiredTests(parent.Image)
		}
	}
	if len(required) == 0 {
		return ""
	}
	return schema.JSON(required)
}

// requiredTests is the value of schema.VarRequiredTests for an image.
func requiredTests(image *lineage.Image) string {
	return schema.RequiredTests(image.Tests, image.Checks)
}

// isTested reports whether an image has tests or checks.
func isTested(image *lineage.Image) bool {
	return len(image.Tests) > 0 || image.Checks != (schema.Checks{})
}

func hasOutsideTests(image *lineage.Image) bool {
	return slices.ContainsFunc(image.Tests, func(test schema.Test) bool { return test.Outside })
}

// readsCheckout reports whether a test of the build job reads the project's files.
func readsCheckout(image *lineage.Image) bool {
	return slices.ContainsFunc(image.Tests, func(test schema.Test) bool { return test.Checkout && !test.Outside })
}

// buildArtifacts are what a build job leaves: the report of its tests also where they fail.
func buildArtifacts(image *lineage.Image) Artifacts {
	if !isTested(image) {
		return Artifacts{Dotenv: schema.DotenvFile}
	}
	return Artifacts{Dotenv: schema.DotenvFile, JUnit: schema.JUnitFile, Always: true}
}

// maxTimeout is the longest time in whole days that GitLab accepts for a job, in seconds. Its limit is a month, which is 30.4 days
// (MAX_BUILD_TIMEOUT in https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/models/project.rb).
const maxTimeout = 30 * 24 * 3600

// buildTimeout is how long a build job may take: the build, and all tests in the job. Without a limit for the build it is that of the
// project.
func buildTimeout(image *lineage.Image) string {
	total := image.Build.Timeout
	if total == 0 {
		return ""
	}
	for _, test := range image.Tests {
		switch {
		case test.Outside:
		case test.Timeout > 0:
			total += test.Timeout
		default:
			total += schema.DefaultTestTimeout
		}
	}
	minutes := min(total, maxTimeout) / 60
	if minutes%60 == 0 {
		return strconv.Itoa(minutes/60) + "h"
	}
	return strconv.Itoa(minutes) + "m"
}
