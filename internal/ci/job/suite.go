package job

import (
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/schema"
)

// suite is what an image has to pass: tests inside of it and beside it, and checks of its layers.
type suite struct {
	tests  []schema.Test
	checks schema.Checks
	// inside and outside are the keys of schema.TestKeys.
	inside, outside string
}

// maxTestTimeout is the longest limit of a test in seconds, which no job of GitLab reaches.
const maxTestTimeout = 31 * 24 * 3600

// suite reads the tests and checks of the image.
func (r *reader) suite() suite {
	var s suite
	r.Decode(schema.VarTests, &s.tests)
	r.Decode(schema.VarChecks, &s.checks)
	if snippet := r.Getenv(schema.VarTest); snippet != "" {
		s.tests = append(s.tests, schema.Test{Name: schema.VarTest, Run: snippet})
	}
	for _, test := range s.tests {
		if test.Timeout < 0 || test.Timeout > maxTestTimeout {
			r.Fail("%s: the timeout of the test %q is %d: it is a number of seconds from 1 to %d", schema.VarTests, test.Name, test.Timeout, maxTestTimeout)
		}
	}
	s.inside, s.outside = schema.TestKeys(s.tests, s.checks)
	return s
}

// isEmpty reports whether there is nothing to pass.
func (s suite) isEmpty() bool { return s.inside == "" && s.outside == "" }

// keys are those of all tests.
func (s suite) keys() []string { return strings.Fields(s.inside + " " + s.outside) }

// within are the tests that run inside the image.
func (s suite) within() []schema.Test {
	return slices.DeleteFunc(slices.Clone(s.tests), func(test schema.Test) bool { return test.Outside })
}

// limitOf is how long a test may take.
func limitOf(test schema.Test) time.Duration {
	if test.Timeout == 0 {
		return schema.DefaultTestTimeout * time.Second
	}
	return time.Duration(test.Timeout) * time.Second
}

// needsCommit reports whether a test that passed has to run again for another commit: it sees the project's files.
func needsCommit(test schema.Test) bool { return test.Checkout || test.Outside }

func anyNeedsCommit(tests []schema.Test) bool { return slices.ContainsFunc(tests, needsCommit) }
