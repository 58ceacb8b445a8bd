package job_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Anyone with the Developer role may push to a branch that is not protected, and rebuild what main uses.
func TestTagsWrittenByHandStayOnUnprotectedBranches(t *testing.T) {
	t.Parallel()
	const tag = "group/project/rust:v1"
	forced := func(s *scene) { s.vars[schema.VarForceRebuild] = "1" }
	named := func(s *scene) { s.vars[schema.VarRebuild] = "rust" }
	tests := map[string]struct {
		protected string
		prepare   func(*scene)
		isMoved   bool
		log       string
	}{
		"a rebuild of everything":    {"false", forced, false, "Pushed"},
		"a rebuild by name":          {"false", named, false, "an unprotected branch or git tag does not move a tag that others use"},
		"a parent was built again":   {"false", func(s *scene) { s.vars["STEMMA_DIGEST_BASE"] = s.push("lib/base:1", nil) }, false, "its parent base was built again"},
		"the upstream project's own": {"false", copiesUpstream, false, "Copy"},
		"a protected branch":         {"true", named, true, "Build"},
		"a protected branch copies":  {"true", copiesUpstream, true, "Copy"},
		"outside of a pipeline":      {"", named, true, "Build"},
		"a job of ci-templates": {"false", func(s *scene) {
			forced(s)
			s.vars[schema.VarImage] = ""
		}, true, "Build"},
		"a job of ci-templates copies": {"false", func(s *scene) {
			copiesUpstream(s)
			s.vars[schema.VarImage] = ""
		}, true, "Copy"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.vars["CI_COMMIT_REF_PROTECTED"], s.vars[schema.VarDistributionTag] = test.protected, "v1"
			s.vars[schema.VarParents] = "base=" + s.vars[schema.VarBaseImage]
			before := s.push(tag, map[string]string{schema.LabelParents: `[{"name":"base","digest":"sha256:old"}]`})
			test.prepare(s)
			check(t, s.build())
			after, made := s.digest(tag), s.dotenv()
			if isMoved := after != before; isMoved != test.isMoved || !strings.Contains(s.log.String(), test.log) {
				t.Errorf("the tag moved: %t; the log is\n%s", isMoved, s.log.String())
			}
			if made["STEMMA_DIGEST_RUST"] == before || s.digest("group/project/rust@"+made["STEMMA_DIGEST_RUST"]) == "" {
				t.Errorf("later jobs get %v, the tag had %s", made, before)
			}
			if byDigest := strings.HasSuffix(made["STEMMA_REF_RUST"], "@"+made["STEMMA_DIGEST_RUST"]); byDigest == test.isMoved {
				t.Errorf("later jobs get %v", made)
			}
		})
	}
}

// copiesUpstream lets an upstream project have another image under the tag, with the inputs of the job.
func copiesUpstream(s *scene) {
	s.vars[schema.VarUpstreamRepo] = "Up/Stream"
	s.push("up/stream/rust:"+s.vars[schema.VarDistributionTag], map[string]string{schema.LabelInputs: inputs})
}

// A content tag names nothing but what it promises, and a tag that nobody has is nobody's.
func TestUnprotectedBranchesSetOtherTags(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{contentTag, "v1"} {
		s := newScene(t)
		s.vars["CI_COMMIT_REF_PROTECTED"], s.vars[schema.VarDistributionTag], s.vars[schema.VarForceRebuild] = "false", tag, "1"
		if tag == contentTag {
			s.push("group/project/rust:"+tag, map[string]string{schema.LabelInputs: inputs})
		}
		check(t, s.build())
		if made := s.dotenv(); s.digest("group/project/rust:"+tag) != made["STEMMA_DIGEST_RUST"] {
			t.Errorf("%s does not name what was built", tag)
		}
	}
}

// The index of several platforms is as a single image.
func TestAnIndexMovesNoTagOnAnUnprotectedBranch(t *testing.T) {
	t.Parallel()
	for protected, isMoved := range map[string]bool{"false": false, "true": true} {
		s := newScene(t)
		s.vars["CI_COMMIT_REF_PROTECTED"], s.vars[schema.VarDistributionTag] = protected, "v1"
		s.vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
		before := s.pushIndex("group/project/rust:v1", "linux/amd64", "linux/arm64")
		s.vars["STEMMA_DIGEST_RUST_AMD64"], s.vars["STEMMA_DIGEST_RUST_ARM64"] = s.push("group/project/rust:amd64", nil), s.push("group/project/rust:arm64", nil)
		check(t, s.build())
		if got := s.digest("group/project/rust:v1") != before; got != isMoved {
			t.Errorf("protected %s: the tag moved: %t", protected, got)
		}
	}
}
