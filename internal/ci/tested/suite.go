package tested

import (
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Suite is what an image has to pass: tests inside it and outside it, and checks of its layers.
type Suite struct {
	Tests  []schema.Test
	Checks schema.Checks
	// Inside and Outside are the keys of schema.TestKeys.
	Inside, Outside string
}

// maxTestTimeout is the longest limit of a test in seconds, which no job of GitLab reaches.
const maxTestTimeout = 31 * 24 * 3600

// ReadSuite reads the tests and checks of the image from the job's variables.
func ReadSuite(r *jobenv.Reader) Suite {
	var s Suite
	r.Decode(schema.VarTests, &s.Tests)
	r.Decode(schema.VarChecks, &s.Checks)
	if snippet := r.Getenv(schema.VarTest); snippet != "" {
		s.Tests = append(s.Tests, schema.Test{Name: schema.VarTest, Run: snippet})
	}
	for _, test := range s.Tests {
		if test.Timeout < 0 || test.Timeout > maxTestTimeout {
			r.Fail("%s: the timeout of the test %q is %d: it is a number of seconds from 1 to %d", schema.VarTests, test.Name, test.Timeout, maxTestTimeout)
		}
	}
	s.Inside, s.Outside = schema.TestKeys(s.Tests, s.Checks)
	return s
}

// IsEmpty reports whether there is nothing to pass.
func (s Suite) IsEmpty() bool { return s.Inside == "" && s.Outside == "" }

// Keys are those of all tests.
func (s Suite) Keys() []string { return strings.Fields(s.Inside + " " + s.Outside) }

// Within are the tests that run inside the image.
func (s Suite) Within() []schema.Test {
	return slices.DeleteFunc(slices.Clone(s.Tests), func(test schema.Test) bool { return test.Outside })
}

// Limit is how long a test may take.
func Limit(test schema.Test) time.Duration {
	if test.Timeout == 0 {
		return schema.DefaultTestTimeout * time.Second
	}
	return time.Duration(test.Timeout) * time.Second
}

// NeedsCommit reports whether a test that passed has to run again for another commit: it sees the project's files.
func NeedsCommit(test schema.Test) bool { return test.Checkout || test.Outside }
