package jobcmd_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/record"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Rules may be edited on any branch, so the jobs themselves look whether the branch or tag is protected.
func TestOnlyProtectedRefsReleaseAndPoke(t *testing.T) {
	t.Parallel()
	const branch, tag = "protect it under Settings > Repository > Protected branches", "protect it under Settings > Repository > Protected tags"
	tests := map[string]struct {
		vars map[string]string
		// hint is what the refusal says to do; empty where there is none.
		hint string
	}{
		"a protected branch":    {map[string]string{"CI_COMMIT_REF_PROTECTED": "true"}, ""},
		"outside of a pipeline": {nil, ""},
		"a branch":              {map[string]string{"CI_COMMIT_REF_PROTECTED": "false", "CI_COMMIT_REF_NAME": "topic"}, branch},
		"a tag":                 {map[string]string{"CI_COMMIT_REF_PROTECTED": "false", "CI_COMMIT_REF_NAME": "v1", "CI_COMMIT_TAG": "v1"}, tag},
		"any other value":       {map[string]string{"CI_COMMIT_REF_PROTECTED": "False"}, branch},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Vars[schema.VarRelease] = `[{"tags":["latest"]}]`
			labels := jobtest.Here()
			labels[schema.LabelInputs] = jobtest.Inputs
			s.Vars["STEMMA_DIGEST_RUST"] = s.Push("group/project/rust:"+jobtest.ContentTag, labels)
			for variable, value := range test.vars {
				s.Vars[variable] = value
			}
			s.Registry.Requests()
			for does, err := range map[string]error{"releases": s.Release(), "pokes": s.Poke()} {
				var usage jobenv.UsageError
				if isRefused := errors.As(err, &usage); isRefused != (test.hint != "") {
					t.Errorf("%s: %v", does, err)
				}
				if err != nil && (!strings.Contains(err.Error(), test.hint) || !strings.Contains(err.Error(), s.Vars["CI_COMMIT_REF_NAME"]+" is not protected")) {
					t.Errorf("%s: %v, want %s", does, err, test.hint)
				}
			}
			if test.hint == "" {
				return
			}
			if requests := s.Registry.Requests(); len(requests) > 0 || len(s.Started()) > 0 {
				t.Errorf("it asked %v and started %v", requests, s.Started())
			}
			if record, err := record.ReadOutcome(s.Dir); err != nil || len(record.Moves) > 0 {
				t.Errorf("the record is %v, %v", record, err)
			}
		})
	}
}

// Jobs that release and poke nothing anyway do not fail.
func TestUnprotectedRefsMayDoNothing(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{schema.VarTrialRebuild, schema.VarSnapshot} {
		s := jobtest.NewPoke(t)
		s.Vars["CI_COMMIT_REF_PROTECTED"], s.Vars[variable] = "false", "x"
		s.Registry.Break(ocitest.Fault{Status: http.StatusTeapot})
		jobtest.Check(t, s.Release())
		jobtest.Check(t, s.Poke())
	}
	s := jobtest.NewPoke(t)
	s.Vars["CI_COMMIT_REF_PROTECTED"], s.Vars["CI_MERGE_REQUEST_IID"] = "false", "3"
	jobtest.Check(t, s.Poke())
}
