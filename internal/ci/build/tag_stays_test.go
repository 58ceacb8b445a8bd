package build_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Anyone with the Developer role may push to a branch that is not protected, and rebuild what main uses.
func TestTagsWrittenByHandStayOnUnprotectedBranches(t *testing.T) {
	t.Parallel()
	const tag = "group/project/rust:v1"
	forced := func(s *jobtest.Scene) { s.Vars[schema.VarForceRebuild] = "1" }
	named := func(s *jobtest.Scene) { s.Vars[schema.VarRebuild] = "rust" }
	tests := map[string]struct {
		protected string
		prepare   func(*jobtest.Scene)
		isMoved   bool
		log       string
	}{
		"a rebuild of everything":    {"false", forced, false, "Pushed"},
		"a rebuild by name":          {"false", named, false, "an unprotected branch or git tag does not move a tag that others use"},
		"a parent was built again":   {"false", func(s *jobtest.Scene) { s.Vars["STEMMA_DIGEST_BASE"] = s.Push("lib/base:1", nil) }, false, "its parent base was rebuilt"},
		"the upstream project's own": {"false", copiesUpstream, false, "Copy"},
		"a protected branch":         {"true", named, true, "Build"},
		"a protected branch copies":  {"true", copiesUpstream, true, "Copy"},
		"outside of a pipeline":      {"", named, true, "Build"},
		"a job of ci-templates": {"false", func(s *jobtest.Scene) {
			forced(s)
			s.Vars[schema.VarImage] = ""
		}, true, "Build"},
		"a job of ci-templates copies": {"false", func(s *jobtest.Scene) {
			copiesUpstream(s)
			s.Vars[schema.VarImage] = ""
		}, true, "Copy"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars["CI_COMMIT_REF_PROTECTED"], s.Vars[schema.VarDistributionTag] = test.protected, "v1"
			s.Vars[schema.VarParents] = "base=" + s.Vars[schema.VarBaseImage]
			before := s.Push(tag, map[string]string{schema.LabelParents: `[{"name":"base","digest":"sha256:old"}]`})
			test.prepare(s)
			jobtest.Check(t, s.Build())
			after, made := s.Digest(tag), s.Dotenv()
			if isMoved := after != before; isMoved != test.isMoved || !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("the tag moved: %t; the log is\n%s", isMoved, s.Log.String())
			}
			if made["STEMMA_DIGEST_RUST"] == before || s.Digest("group/project/rust@"+made["STEMMA_DIGEST_RUST"]) == "" {
				t.Errorf("later jobs get %v, the tag had %s", made, before)
			}
			if byDigest := strings.HasSuffix(made["STEMMA_REF_RUST"], "@"+made["STEMMA_DIGEST_RUST"]); byDigest == test.isMoved {
				t.Errorf("later jobs get %v", made)
			}
		})
	}
}

// copiesUpstream lets an upstream project have another image under the tag, with the inputs of the job.
func copiesUpstream(s *jobtest.Scene) {
	s.Vars[schema.VarUpstreamRepo] = "Up/Stream"
	s.Push("up/stream/rust:"+s.Vars[schema.VarDistributionTag], map[string]string{schema.LabelInputs: jobtest.Inputs})
}

// A content tag names nothing but what it promises, and a tag that nobody has is nobody's.
func TestUnprotectedBranchesSetOtherTags(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{jobtest.ContentTag, "v1"} {
		s := jobtest.New(t)
		s.Vars["CI_COMMIT_REF_PROTECTED"], s.Vars[schema.VarDistributionTag], s.Vars[schema.VarForceRebuild] = "false", tag, "1"
		if tag == jobtest.ContentTag {
			s.Push("group/project/rust:"+tag, map[string]string{schema.LabelInputs: jobtest.Inputs})
		}
		jobtest.Check(t, s.Build())
		if made := s.Dotenv(); s.Digest("group/project/rust:"+tag) != made["STEMMA_DIGEST_RUST"] {
			t.Errorf("%s does not name what was built", tag)
		}
	}
}

// The index of several platforms is as a single image.
func TestAnIndexMovesNoTagOnAnUnprotectedBranch(t *testing.T) {
	t.Parallel()
	for protected, isMoved := range map[string]bool{"false": false, "true": true} {
		s := jobtest.New(t)
		s.Vars["CI_COMMIT_REF_PROTECTED"], s.Vars[schema.VarDistributionTag] = protected, "v1"
		s.Vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
		before := s.PushIndex("group/project/rust:v1", "linux/amd64", "linux/arm64")
		s.Vars["STEMMA_DIGEST_RUST_AMD64"], s.Vars["STEMMA_DIGEST_RUST_ARM64"] = s.Push("group/project/rust:amd64", nil), s.Push("group/project/rust:arm64", nil)
		jobtest.Check(t, s.Build())
		if got := s.Digest("group/project/rust:v1") != before; got != isMoved {
			t.Errorf("protected %s: the tag moved: %t", protected, got)
		}
	}
}
