package job_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/schema"
)

// A fork takes single platforms from the upstream project as it takes whole images, and joins them to the same index.
func TestAForkCopiesPlatforms(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	upstream := s.pushIndex("up/stream/rust:"+contentTag, "linux/amd64", "linux/arm64")
	s.vars[schema.VarUpstreamRepo] = "Up/Stream"
	s.vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		s.vars[schema.VarDistributionPlatform] = platform
		check(t, s.build())
		variable := "STEMMA_DIGEST_RUST_" + strings.ToUpper(schema.Arch(platform))
		s.vars[variable] = s.dotenv()[variable]
		if s.vars[variable] == "" || len(s.builder.built) > 0 || s.digest("group/project/rust@"+s.vars[variable]) == "" {
			t.Fatalf("%s is not the upstream project's\n%s", platform, s.log.String())
		}
	}
	s.vars[schema.VarDistributionPlatform] = ""
	check(t, s.build())
	if got := s.digest("group/project/rust:" + contentTag); got != upstream {
		t.Errorf("the index is %s, the upstream project's %s", got, upstream)
	}
	s.vars[schema.VarDistributionPlatform] = "linux/arm64"
	s.registry.Requests()
	check(t, s.build())
	if requests := s.registry.Requests(); len(requests) > 4 || len(s.builder.built) > 0 {
		t.Errorf("%d requests: %v", len(requests), requests)
	}
}

// pushIndex pushes an index of images with the right inputs, and returns its digest.
func (s *scene) pushIndex(reference string, platforms ...string) string {
	s.Helper()
	index := mutate.IndexMediaType(empty.Index, types.DockerManifestList)
	for _, platform := range platforms {
		image, err := random.Image(128, 1)
		check(s.T, err)
		image, err = mutate.Config(image, v1.Config{Labels: map[string]string{schema.LabelInputs: inputs}})
		check(s.T, err)
		parsed, err := v1.ParsePlatform(platform)
		check(s.T, err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: parsed}})
	}
	check(s.T, remote.WriteIndex(must(name.ParseReference(s.registry.Host+"/"+reference)), index))
	hash, err := index.Digest()
	check(s.T, err)
	s.registry.Requests()
	return hash.String()
}
