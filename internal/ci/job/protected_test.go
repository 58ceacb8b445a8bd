package job_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
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
			s := newPokeScene(t)
			s.vars[schema.VarRelease] = `[{"tags":["latest"]}]`
			labels := here()
			labels[schema.LabelInputs] = inputs
			s.vars["STEMMA_DIGEST_RUST"] = s.push("group/project/rust:"+contentTag, labels)
			for variable, value := range test.vars {
				s.vars[variable] = value
			}
			s.registry.Requests()
			for does, err := range map[string]error{"releases": job.Release(s.Context(), s.env()), "pokes": s.poke()} {
				var usage jobenv.UsageError
				if isRefused := errors.As(err, &usage); isRefused != (test.hint != "") {
					t.Errorf("%s: %v", does, err)
				}
				if err != nil && (!strings.Contains(err.Error(), test.hint) || !strings.Contains(err.Error(), s.vars["CI_COMMIT_REF_NAME"]+" is not protected")) {
					t.Errorf("%s: %v, want %s", does, err, test.hint)
				}
			}
			if test.hint == "" {
				return
			}
			if requests := s.registry.Requests(); len(requests) > 0 || len(s.started()) > 0 {
				t.Errorf("it asked %v and started %v", requests, s.started())
			}
			if record, err := record.ReadOutcome(s.dir); err != nil || len(record.Moves) > 0 {
				t.Errorf("the record is %v, %v", record, err)
			}
		})
	}
}

// Jobs that release and poke nothing anyway do not fail.
func TestUnprotectedRefsMayDoNothing(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{schema.VarCanary, schema.VarSnapshot} {
		s := newPokeScene(t)
		s.vars["CI_COMMIT_REF_PROTECTED"], s.vars[variable] = "false", "x"
		s.registry.Break(ocitest.Fault{Status: http.StatusTeapot})
		check(t, job.Release(s.Context(), s.env()))
		check(t, s.poke())
	}
	s := newPokeScene(t)
	s.vars["CI_COMMIT_REF_PROTECTED"], s.vars["CI_MERGE_REQUEST_IID"] = "false", "3"
	check(t, s.poke())
}
