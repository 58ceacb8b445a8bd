package job_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/schema"
)

// A second digest in one wave would repeat the wave: projects below take an image that the wave has rebuilt for done, do not wait for
// its second rebuild, and are built twice.
func TestAForcedBuildThatIsRetriedKeepsItsImage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first func(*scene)
		// between happens before the job is run for the second time.
		between func(*scene)
		builds  int
		log     string
	}{
		"by its name":                    {func(s *scene) { s.vars[schema.VarRebuild] = "base,rust" }, nil, 1, "it exists, and this pipeline built it: start another pipeline to build it again"},
		"by force":                       {func(s *scene) { s.vars[schema.VarForceRebuild] = "1" }, nil, 1, "it exists, and this pipeline built it"},
		"in the wave of an update check": {func(s *scene) { s.vars[schema.VarRebuild], s.vars[schema.VarWave] = "rust", "p3" }, nil, 1, "it exists, and this pipeline built it"},
		"with a tag by hand":             {func(s *scene) { s.vars[schema.VarRebuild], s.vars[schema.VarDistributionTag] = "rust", "v1" }, nil, 1, "it exists, and this pipeline built it"},
		"in another pipeline": {func(s *scene) { s.vars[schema.VarRebuild] = "rust" }, func(s *scene) {
			s.vars["CI_PIPELINE_ID"] = "8"
		}, 2, "STEMMA_REBUILD names it"},
		"in another project": {func(s *scene) { s.vars[schema.VarRebuild] = "rust" }, func(s *scene) {
			s.vars["CI_PROJECT_PATH"] = "other/project"
		}, 2, "STEMMA_REBUILD names it"},
		"made of something else": {func(s *scene) { s.vars[schema.VarRebuild], s.vars[schema.VarDistributionTag] = "rust", "v1" }, func(s *scene) {
			s.vars[schema.VarInputs] = "others"
		}, 2, "STEMMA_REBUILD names it"},
		"in no pipeline": {func(s *scene) { s.vars[schema.VarForceRebuild], s.vars["CI_PIPELINE_ID"] = "1", "" }, nil, 2, "FDO_FORCE_REBUILD is set"},
		"as a canary":    {func(s *scene) { s.vars[schema.VarCanary] = "1" }, nil, 2, "the canary builds everything"},
		"on a parent that was built again": {func(s *scene) {
			s.vars[schema.VarRebuild], s.vars[schema.VarParents] = "rust", "base="+s.vars[schema.VarBaseImage]
			s.vars["STEMMA_DIGEST_BASE"] = s.push("lib/base:1", nil)
		}, func(s *scene) {
			s.vars["STEMMA_DIGEST_BASE"] = s.push("lib/base:1", nil)
		}, 2, "STEMMA_REBUILD names it"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.first(s)
			s.push("group/project/rust:"+s.vars[schema.VarDistributionTag], map[string]string{schema.LabelInputs: inputs, schema.LabelPipelineID: "6", schema.LabelProject: "Group/Project"})
			check(t, s.build())
			first := s.dotenv()
			if test.between != nil {
				test.between(s)
			}
			s.log.Reset()
			check(t, s.build())
			if len(s.builder.built) != test.builds || !strings.Contains(s.log.String(), test.log) {
				t.Errorf("%d builds, want %d, log:\n%s", len(s.builder.built), test.builds, s.log.String())
			}
			if isSame := s.dotenv()["STEMMA_DIGEST_RUST"] == first["STEMMA_DIGEST_RUST"]; isSame != (test.builds == 1) {
				t.Errorf("the same image is %t", isSame)
			}
		})
	}
}
