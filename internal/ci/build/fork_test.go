package build_test

import (
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// A fork takes single platforms from the upstream project as it takes whole images, and joins them to the same index.
func TestAForkCopiesPlatforms(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	upstream := s.PushIndex("up/stream/rust:"+jobtest.ContentTag, "linux/amd64", "linux/arm64")
	s.Vars[schema.VarUpstreamRepo] = "Up/Stream"
	s.Vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		s.Vars[schema.VarDistributionPlatform] = platform
		jobtest.Check(t, s.Build())
		variable := "STEMMA_DIGEST_RUST_" + strings.ToUpper(schema.Arch(platform))
		s.Vars[variable] = s.Dotenv()[variable]
		if s.Vars[variable] == "" || len(s.Builder.Built) > 0 || s.Digest("group/project/rust@"+s.Vars[variable]) == "" {
			t.Fatalf("%s is not the upstream project's\n%s", platform, s.Log.String())
		}
	}
	s.Vars[schema.VarDistributionPlatform] = ""
	jobtest.Check(t, s.Build())
	if got := s.Digest("group/project/rust:" + jobtest.ContentTag); got != upstream {
		t.Errorf("the index is %s, the upstream project's %s", got, upstream)
	}
	s.Vars[schema.VarDistributionPlatform] = "linux/arm64"
	s.Registry.Requests()
	jobtest.Check(t, s.Build())
	if requests := s.Registry.Requests(); len(requests) > 4 || len(s.Builder.Built) > 0 {
		t.Errorf("%d requests: %v", len(requests), requests)
	}
}
