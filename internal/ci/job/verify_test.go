package job_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/schema"
)

const beside = `[{"name":"serves","run":"true","outside":true}]`

// newVerifyScene is a verify job of the tests beside the image, which its build job has left without a tag.
func newVerifyScene(t *testing.T) *scene {
	t.Helper()
	s := newScene(t)
	s.vars[schema.VarTests], s.vars[schema.VarSetTag] = beside, "true"
	s.vars["STEMMA_DIGEST_RUST"] = s.push(own+":left", made("in"))
	return s
}

// verify runs the job; commands beside the image run on this machine. It returns how many did.
func (s *scene) verify() (ran int, err error) {
	s.Helper()
	env := s.env()
	env.RunOutside = func(ctx context.Context, snippet, image string) (int, string, error) {
		ran++
		return buildah.RunOutside(ctx, os.Environ(), &s.log, snippet, schema.VarImageReference, image)
	}
	err = job.Verify(s.Context(), env, func(context.Context) (job.Runner, error) { return s.builder, nil })
	return ran, err
}

func TestVerifySetsTheTag(t *testing.T) {
	t.Parallel()
	byHand := func(s *scene) { s.vars[schema.VarDistributionTag] = "v1" }
	tests := map[string]struct {
		prepare func(*scene)
		// isTagged says whether the tag names the image afterwards.
		isTagged bool
		says     string
	}{
		"once the tests have passed":   {nil, true, "Tagged "},
		"where it names another build": {func(s *scene) { s.push(own+":"+contentTag, made("in")) }, true, "Tagged "},
		"where it names the image": {func(s *scene) {
			s.vars["STEMMA_DIGEST_RUST"] = s.push(own+":"+contentTag, made("in"))
		}, true, "already"},
		"not where a test fails": {func(s *scene) {
			s.vars[schema.VarTests] = `[{"name":"serves","run":"exit 1","outside":true}]`
		}, false, "The tag " + contentTag + " stays where it is."},
		"not for a canary": {func(s *scene) { s.vars[schema.VarCanary] = "1" }, false, "the canary publishes nothing"},
		"not for an image of other inputs": {func(s *scene) {
			s.vars["STEMMA_DIGEST_RUST"] = s.push(own+":left", nil)
		}, false, ""},
		"not for an image that lacks tests which the job requires": {func(s *scene) { s.vars[schema.VarRequiredTests] = "other" }, false, ""},
		"not without VarSetTag": {func(s *scene) { delete(s.vars, schema.VarSetTag) }, false, "ok   serves"},
		"by hand and new":       {byHand, true, "Tagged "},
		"by hand and on main":   {func(s *scene) { byHand(s); s.push(own+":v1", nil) }, true, "Tagged "},
		"not by hand on a merge request": {func(s *scene) {
			byHand(s)
			s.push(own+":v1", nil)
			s.vars["CI_MERGE_REQUEST_IID"], s.vars["CI_MERGE_REQUEST_PROJECT_PATH"] = "3", "Group/Project"
		}, false, "a merge request does not move a tag"},
		"not by hand on a branch": {func(s *scene) {
			byHand(s)
			s.push(own+":v1", nil)
			s.vars["CI_COMMIT_REF_PROTECTED"] = "false"
		}, false, "does not move a tag"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newVerifyScene(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			_, err := s.verify()
			if test.isTagged {
				check(t, err)
			}
			at := own + ":" + s.vars[schema.VarDistributionTag]
			if isTagged := s.digest(at) == s.vars["STEMMA_DIGEST_RUST"]; isTagged != test.isTagged || !strings.Contains(s.log.String(), test.says) {
				t.Errorf("tagged: %t, %v\n%s", isTagged, err, s.log.String())
			}
		})
	}
}

// Tests beside an image are about one commit, and leave a record that other jobs look for.
func TestVerifyTestsEachCommitOnce(t *testing.T) {
	t.Parallel()
	s := newVerifyScene(t)
	_, outside := keysOf(t, beside)
	for i, step := range []struct {
		commit string
		ran    int
		report string
	}{
		{"c0ffee", 1, "serves ()"}, {"c0ffee", 0, "serves (passed before, in pipeline 7)"}, {"beef", 1, "serves ()"}, {"beef", 0, "serves (passed before, in pipeline 7)"},
	} {
		s.vars["CI_COMMIT_SHA"] = step.commit
		ran, err := s.verify()
		check(t, err)
		if ran != step.ran {
			t.Errorf("run %d: %d tests, want %d", i+1, ran, step.ran)
		}
		if diff := cmp.Diff([]string{step.report}, s.cases()); diff != "" {
			t.Error(diff)
		}
	}
	if s.digest(own+":"+recordOf(outside, s.vars["STEMMA_DIGEST_RUST"])) == "" {
		t.Error("there is no record")
	}
}

// One platform of an image has its own record, and the index sets the tag.
func TestVerifyOfOnePlatform(t *testing.T) {
	t.Parallel()
	s := newVerifyScene(t)
	delete(s.vars, schema.VarSetTag)
	s.vars[schema.VarDistributionPlatform] = "linux/amd64"
	s.vars["STEMMA_DIGEST_RUST_AMD64"] = s.push(own+":amd64", made("in"))
	_, err := s.verify()
	check(t, err)
	_, outside := keysOf(t, beside)
	if s.digest(own+":"+recordOf(outside, s.vars["STEMMA_DIGEST_RUST_AMD64"])) == "" || s.digest(own+":"+contentTag) != "" {
		t.Error("there is no record, or the tag is set")
	}
}

// A rebuild that fails the tests beside it counts as a failed rebuild.
func TestVerifyRemembersFailedRebuilds(t *testing.T) {
	t.Parallel()
	s := newVerifyScene(t)
	s.vars[schema.VarTests] = `[{"name":"serves","run":"exit 1","outside":true}]`
	if _, err := s.verify(); !errors.Is(err, job.ErrTestsFailed) || s.digest(own+":"+schema.PrefixFailed+contentTag) != "" {
		t.Errorf("a new image: %v", err)
	}
	s.push(own+":"+contentTag, made("in"))
	if _, err := s.verify(); !errors.Is(err, job.ErrTestsFailed) || s.digest(own+":"+schema.PrefixFailed+contentTag) == "" {
		t.Errorf("a rebuild: %v", err)
	}
	if want := "podman pull " + s.registry.Host + "/" + own + "@" + s.vars["STEMMA_DIGEST_RUST"]; !strings.Contains(s.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, s.log.String())
	}
}

// A job written by hand has all tests, runs them each time, and writes nothing to the registry.
func TestVerifyJobsWrittenByHandRecordNothing(t *testing.T) {
	t.Parallel()
	s := newVerifyScene(t)
	s.vars[schema.VarImage], s.vars[schema.VarInputs] = "", ""
	delete(s.vars, schema.VarSetTag)
	s.registry.Requests()
	for range 2 {
		if ran, err := s.verify(); ran != 1 || err != nil {
			t.Errorf("%d tests, %v", ran, err)
		}
	}
	if n := countOf(s.registry.Requests(), "PUT"); n > 0 {
		t.Errorf("%d writes", n)
	}
}
