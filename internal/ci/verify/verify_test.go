package verify_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/ci/imagetest"
	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestVerifySetsTheTag(t *testing.T) {
	t.Parallel()
	byHand := func(s *jobtest.Scene) { s.Vars[schema.VarDistributionTag] = "v1" }
	tests := map[string]struct {
		prepare func(*jobtest.Scene)
		// isTagged says whether the tag names the image afterwards.
		isTagged bool
		says     string
	}{
		"once the tests have passed":   {nil, true, ": 1 test passed.\n"},
		"where it names another build": {func(s *jobtest.Scene) { s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("in")) }, true, "Tagged "},
		"where it names the image": {func(s *jobtest.Scene) {
			s.Vars["STEMMA_DIGEST_RUST"] = s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("in"))
		}, true, "already"},
		"not where a test fails": {func(s *jobtest.Scene) {
			s.Vars[schema.VarTests] = `[{"name":"serves","run":"exit 1","outside":true}]`
		}, false, "No tag moves to the image, since its tests have not passed."},
		"not for a trial rebuild": {func(s *jobtest.Scene) { s.Vars[schema.VarTrialRebuild] = "1" }, false, "a trial rebuild publishes nothing"},
		"not for an image of other inputs": {func(s *jobtest.Scene) {
			s.Vars["STEMMA_DIGEST_RUST"] = s.Push(jobtest.Own+":left", nil)
		}, false, ""},
		"not for an image that lacks tests which the job requires": {func(s *jobtest.Scene) { s.Vars[schema.VarRequiredTests] = "other" }, false, ""},
		"not without VarSetTag": {func(s *jobtest.Scene) { delete(s.Vars, schema.VarSetTag) }, false, "ok   serves\nVerified "},
		"by hand and new":       {byHand, true, "Tagged "},
		"by hand and on main":   {func(s *jobtest.Scene) { byHand(s); s.Push(jobtest.Own+":v1", nil) }, true, "Tagged "},
		"not by hand on a merge request": {func(s *jobtest.Scene) {
			byHand(s)
			s.Push(jobtest.Own+":v1", nil)
			s.Vars["CI_MERGE_REQUEST_IID"], s.Vars["CI_MERGE_REQUEST_PROJECT_PATH"] = "3", "Group/Project"
		}, false, "a merge request does not move a tag"},
		"not by hand on a branch": {func(s *jobtest.Scene) {
			byHand(s)
			s.Push(jobtest.Own+":v1", nil)
			s.Vars["CI_COMMIT_REF_PROTECTED"] = "false"
		}, false, "does not move a tag"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewVerify(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			_, err := s.Verify()
			if test.isTagged {
				jobtest.Check(t, err)
			}
			at := jobtest.Own + ":" + s.Vars[schema.VarDistributionTag]
			if isTagged := s.Digest(at) == s.Vars["STEMMA_DIGEST_RUST"]; isTagged != test.isTagged || !strings.Contains(s.Log.String(), test.says) {
				t.Errorf("tagged: %t, %v\n%s", isTagged, err, s.Log.String())
			}
		})
	}
}

// Tests beside an image are about one commit, and leave a record that other jobs look for.
func TestVerifyTestsEachCommitOnce(t *testing.T) {
	t.Parallel()
	s := jobtest.NewVerify(t)
	_, outside := jobtest.KeysOf(t, jobtest.Outside)
	for i, step := range []struct {
		commit string
		ran    int
		report string
	}{
		{"c0ffee", 1, "serves ()"}, {"c0ffee", 0, "serves (passed before, in pipeline 7)"}, {"beef", 1, "serves ()"}, {"beef", 0, "serves (passed before, in pipeline 7)"},
	} {
		s.Vars["CI_COMMIT_SHA"] = step.commit
		ran, err := s.Verify()
		jobtest.Check(t, err)
		if ran != step.ran {
			t.Errorf("run %d: %d tests, want %d", i+1, ran, step.ran)
		}
		if diff := cmp.Diff([]string{step.report}, s.Cases()); diff != "" {
			t.Error(diff)
		}
	}
	if s.Digest(jobtest.Own+":"+jobtest.RecordOf(outside, s.Vars["STEMMA_DIGEST_RUST"])) == "" {
		t.Error("there is no record")
	}
}

// One platform of an image has its own record, and the index sets the tag.
func TestVerifyOfOnePlatform(t *testing.T) {
	t.Parallel()
	s := jobtest.NewVerify(t)
	delete(s.Vars, schema.VarSetTag)
	s.Vars[schema.VarDistributionPlatform] = "linux/amd64"
	s.Vars["STEMMA_DIGEST_RUST_AMD64"] = s.Push(jobtest.Own+":amd64", jobtest.Made("in"))
	_, err := s.Verify()
	jobtest.Check(t, err)
	_, outside := jobtest.KeysOf(t, jobtest.Outside)
	if s.Digest(jobtest.Own+":"+jobtest.RecordOf(outside, s.Vars["STEMMA_DIGEST_RUST_AMD64"])) == "" || s.Digest(jobtest.Own+":"+jobtest.ContentTag) != "" {
		t.Error("there is no record, or the tag is set")
	}
}

// A rebuild that fails the tests beside it counts as a failed rebuild.
func TestVerifyRemembersFailedRebuilds(t *testing.T) {
	t.Parallel()
	s := jobtest.NewVerify(t)
	s.Vars[schema.VarTests] = `[{"name":"serves","run":"exit 1","outside":true}]`
	if _, err := s.Verify(); !errors.Is(err, imagetest.ErrFailed) || s.Digest(jobtest.Own+":"+schema.PrefixFailed+jobtest.ContentTag) != "" {
		t.Errorf("a new image: %v", err)
	}
	s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("in"))
	if _, err := s.Verify(); !errors.Is(err, imagetest.ErrFailed) || s.Digest(jobtest.Own+":"+schema.PrefixFailed+jobtest.ContentTag) == "" {
		t.Errorf("a rebuild: %v", err)
	}
	if want := "podman run --rm -it --entrypoint /bin/sh " + s.Registry.Host + "/" + jobtest.Own + "@" + s.Vars["STEMMA_DIGEST_RUST"]; !strings.Contains(s.Log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, s.Log.String())
	}
}

// A job written by hand has all tests, runs them each time, and writes nothing to the registry.
func TestVerifyJobsWrittenByHandRecordNothing(t *testing.T) {
	t.Parallel()
	s := jobtest.NewVerify(t)
	s.Vars[schema.VarImage], s.Vars[schema.VarInputs] = "", ""
	delete(s.Vars, schema.VarSetTag)
	s.Registry.Requests()
	for range 2 {
		if ran, err := s.Verify(); ran != 1 || err != nil {
			t.Errorf("%d tests, %v", ran, err)
		}
	}
	if n := jobtest.CountOf(s.Registry.Requests(), "PUT"); n > 0 {
		t.Errorf("%d writes", n)
	}
}
