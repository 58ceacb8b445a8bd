package build_test

import (
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestBuildRecordsWhatOtherProjectsMayUse(t *testing.T) {
	t.Parallel()
	published := func(s *jobtest.Scene) { s.Vars[schema.VarPublished] = "true" }
	tests := map[string]struct {
		prepare  func(*jobtest.Scene)
		isMarked bool
	}{
		"published":           {published, true},
		"with dependents":     {func(s *jobtest.Scene) { s.Vars[schema.VarDependents] = "team/app@main" }, true},
		"neither":             {func(*jobtest.Scene) {}, false},
		"from a git tag":      {func(s *jobtest.Scene) { published(s); s.Vars["CI_COMMIT_BRANCH"], s.Vars["CI_COMMIT_TAG"] = "", "v1" }, true},
		"from a branch":       {func(s *jobtest.Scene) { published(s); s.Vars["CI_COMMIT_BRANCH"] = "topic" }, false},
		"not protected":       {func(s *jobtest.Scene) { published(s); s.Vars["CI_COMMIT_REF_PROTECTED"] = "false" }, false},
		"for a merge request": {func(s *jobtest.Scene) { published(s); s.Vars["CI_COMMIT_BRANCH"] = "" }, false},
		"a trial rebuild":     {func(s *jobtest.Scene) { published(s); s.Vars[schema.VarTrialRebuild] = "1" }, false},
		"one platform": {func(s *jobtest.Scene) {
			published(s)
			s.Vars[schema.VarPlatforms], s.Vars[schema.VarDistributionPlatform] = "linux/amd64,linux/arm64", "linux/amd64"
		}, false},
		"an index": {func(s *jobtest.Scene) {
			published(s)
			s.Vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
			s.Vars["STEMMA_DIGEST_RUST_AMD64"], s.Vars["STEMMA_DIGEST_RUST_ARM64"] = s.Push("group/project/rust:amd64", nil), s.Push("group/project/rust:arm64", nil)
		}, true},
		"under a tag written by hand": {func(s *jobtest.Scene) { published(s); s.Vars[schema.VarDistributionTag] = "v1" }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars["CI_COMMIT_REF_PROTECTED"], s.Vars["CI_COMMIT_BRANCH"], s.Vars["CI_DEFAULT_BRANCH"] = "true", "main", "main"
			test.prepare(s)
			jobtest.Check(t, s.Build())
			record := "group/project/rust:stemma-released-" + s.Vars[schema.VarDistributionTag]
			before := s.Digest(record)
			if isMarked := before != ""; isMarked != test.isMarked {
				t.Errorf("recorded: %t\n%s", isMarked, s.Log.String())
			}
			jobtest.Check(t, s.Build())
			if s.Digest(record) != before {
				t.Error("the record was written twice")
			}
		})
	}
}
