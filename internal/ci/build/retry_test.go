package build_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// A second digest in one wave would repeat the wave: projects below take an image that the wave has rebuilt for done, do not wait for
// its second rebuild, and are built twice.
func TestAForcedBuildThatIsRetriedKeepsItsImage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first func(*jobtest.Scene)
		// between happens before the job is run for the second time.
		between func(*jobtest.Scene)
		builds  int
		log     string
	}{
		"by its name":                    {func(s *jobtest.Scene) { s.Vars[schema.VarRebuild] = "base,rust" }, nil, 1, "it exists, and this pipeline built it: to rebuild it, start another pipeline"},
		"by force":                       {func(s *jobtest.Scene) { s.Vars[schema.VarForceRebuild] = "1" }, nil, 1, "it exists, and this pipeline built it"},
		"in the wave of an update check": {func(s *jobtest.Scene) { s.Vars[schema.VarRebuild], s.Vars[schema.VarWave] = "rust", "p3" }, nil, 1, "it exists, and this pipeline built it"},
		"with a tag by hand":             {func(s *jobtest.Scene) { s.Vars[schema.VarRebuild], s.Vars[schema.VarDistributionTag] = "rust", "v1" }, nil, 1, "it exists, and this pipeline built it"},
		"in another pipeline": {func(s *jobtest.Scene) { s.Vars[schema.VarRebuild] = "rust" }, func(s *jobtest.Scene) {
			s.Vars["CI_PIPELINE_ID"] = "8"
		}, 2, "STEMMA_REBUILD names it"},
		"in another project": {func(s *jobtest.Scene) { s.Vars[schema.VarRebuild] = "rust" }, func(s *jobtest.Scene) {
			s.Vars["CI_PROJECT_PATH"] = "other/project"
		}, 2, "STEMMA_REBUILD names it"},
		"made of something else": {func(s *jobtest.Scene) { s.Vars[schema.VarRebuild], s.Vars[schema.VarDistributionTag] = "rust", "v1" }, func(s *jobtest.Scene) {
			s.Vars[schema.VarInputs] = "others"
		}, 2, "STEMMA_REBUILD names it"},
		"in no pipeline":     {func(s *jobtest.Scene) { s.Vars[schema.VarForceRebuild], s.Vars["CI_PIPELINE_ID"] = "1", "" }, nil, 2, "FDO_FORCE_REBUILD is set"},
		"as a trial rebuild": {func(s *jobtest.Scene) { s.Vars[schema.VarTrialRebuild] = "1" }, nil, 2, "a trial rebuild builds everything"},
		"on a parent that was built again": {func(s *jobtest.Scene) {
			s.Vars[schema.VarRebuild], s.Vars[schema.VarParents] = "rust", "base="+s.Vars[schema.VarBaseImage]
			s.Vars["STEMMA_DIGEST_BASE"] = s.Push("lib/base:1", nil)
		}, func(s *jobtest.Scene) {
			s.Vars["STEMMA_DIGEST_BASE"] = s.Push("lib/base:1", nil)
		}, 2, "STEMMA_REBUILD names it"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			test.first(s)
			s.Push("group/project/rust:"+s.Vars[schema.VarDistributionTag], map[string]string{schema.LabelInputs: jobtest.Inputs, schema.LabelPipelineID: "6", schema.LabelProject: "Group/Project"})
			jobtest.Check(t, s.Build())
			first := s.Dotenv()
			if test.between != nil {
				test.between(s)
			}
			s.Log.Reset()
			jobtest.Check(t, s.Build())
			if len(s.Builder.Built) != test.builds || !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("%d builds, want %d, log:\n%s", len(s.Builder.Built), test.builds, s.Log.String())
			}
			if isSame := s.Dotenv()["STEMMA_DIGEST_RUST"] == first["STEMMA_DIGEST_RUST"]; isSame != (test.builds == 1) {
				t.Errorf("the same image is %t", isSame)
			}
		})
	}
}
