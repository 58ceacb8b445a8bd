package build_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// masks replace what differs from run to run.
var masks = map[string]*regexp.Regexp{
	"sha256:DIGEST": regexp.MustCompile(`sha256:[0-9a-f]{64}`),
	"SIZE":          regexp.MustCompile(`\b[0-9.]+ (B|kB)\b`),
}

func TestWholeLogs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*jobtest.Scene)
		want    string
	}{
		"a new image": {nil, `Build REGISTRY/group/project/rust:0123456789abcdef: no image has the tag 0123456789abcdef.
Pushed REGISTRY/group/project/rust@sha256:DIGEST.
Built REGISTRY/group/project/rust:0123456789abcdef.
  why      no image has the tag 0123456789abcdef
  digest   sha256:DIGEST
  size     SIZE
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
		"an image with tests beside it": {func(s *jobtest.Scene) {
			s.Vars[schema.VarTests] = `[{"name":"works","run":"true"},{"name":"serves","run":"true","outside":true}]`
		}, `Build REGISTRY/group/project/rust:0123456789abcdef: no image has the tag 0123456789abcdef.
ok   works
Pushed REGISTRY/group/project/rust@sha256:DIGEST.
No tag names it before it has passed its other tests, in verify:rust.
Built REGISTRY/group/project/rust@sha256:DIGEST.
  why      no image has the tag 0123456789abcdef
  digest   sha256:DIGEST
  size     SIZE
  tests    1 passed
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
		"a rebuild of a larger image": {func(s *jobtest.Scene) {
			s.Vars[schema.VarForceRebuild] = "1"
			s.PushImage(jobtest.Own+":"+jobtest.ContentTag, jobtest.Must(random.Image(4000, 1)))
		}, `Build REGISTRY/group/project/rust:0123456789abcdef: FDO_FORCE_REBUILD is set.
Pushed REGISTRY/group/project/rust@sha256:DIGEST.
Built REGISTRY/group/project/rust:0123456789abcdef.
  why      FDO_FORCE_REBUILD is set
  digest   sha256:DIGEST
  size     SIZE, SIZE less than the image before
  changes  stemma packages REGISTRY/group/project/rust@sha256:DIGEST REGISTRY/group/project/rust@sha256:DIGEST
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
		"an image that was released with another tag": {released, `Build REGISTRY/group/project/rust:fedcba9876543210: no image has the tag fedcba9876543210.
Pushed REGISTRY/group/project/rust@sha256:DIGEST.
Built REGISTRY/group/project/rust:fedcba9876543210.
  why      no image has the tag fedcba9876543210
  digest   sha256:DIGEST
  size     SIZE, SIZE more than the image before
  changes  stemma packages REGISTRY/group/project/rust@sha256:DIGEST REGISTRY/group/project/rust@sha256:DIGEST
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
		"a registry that fails in the end": {func(s *jobtest.Scene) {
			released(s)
			s.Registry.Break(ocitest.Fault{Path: "/manifests/" + schema.TagReleases, Status: 503})
		}, `Build REGISTRY/group/project/rust:fedcba9876543210: no image has the tag fedcba9876543210.
Pushed REGISTRY/group/project/rust@sha256:DIGEST.
Built REGISTRY/group/project/rust:fedcba9876543210.
  why      no image has the tag fedcba9876543210
  digest   sha256:DIGEST
  size     SIZE
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
		"an image that exists": {func(s *jobtest.Scene) {
			s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made("of-older-tests"))
			s.Vars[schema.VarTests] = passing
		}, `Reuse REGISTRY/group/project/rust:0123456789abcdef: it exists.
Test REGISTRY/group/project/rust@sha256:DIGEST where it is.
ok   passes
Reused REGISTRY/group/project/rust:0123456789abcdef.
  why      it exists
  digest   sha256:DIGEST
  size     SIZE
  tests    1 passed
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
		"an index": {func(s *jobtest.Scene) {
			s.Vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
			for _, arch := range []string{"AMD64", "ARM64"} {
				s.Vars["STEMMA_DIGEST_RUST_"+arch] = s.Push(jobtest.Own+":"+arch, jobtest.Made(""))
			}
		}, `Pushed REGISTRY/group/project/rust@sha256:DIGEST for 2 platforms.
Built REGISTRY/group/project/rust:0123456789abcdef.
  why      it joins the images of 2 platforms
  digest   sha256:DIGEST
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
		"an image of another project": {func(s *jobtest.Scene) {
			s.Vars[schema.VarUpstreamRepo] = "up/stream"
			s.Push("up/stream/rust:"+jobtest.ContentTag, jobtest.Made(""))
		}, `Copy REGISTRY/group/project/rust:0123456789abcdef: the upstream project has it.
The target has all layers already.
Copied REGISTRY/group/project/rust:0123456789abcdef.
  why      the upstream project has it
  digest   sha256:DIGEST
  try it   podman run --rm -it REGISTRY/group/project/rust@sha256:DIGEST
`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			if test.prepare != nil {
				test.prepare(s)
			}
			s.Log.Reset()
			jobtest.Check(t, s.Build())
			got := strings.ReplaceAll(s.Log.String(), s.Registry.Host, "REGISTRY")
			for mask, pattern := range masks {
				got = pattern.ReplaceAllString(got, mask)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// released releases a small image, and changes the inputs of the job.
func released(s *jobtest.Scene) {
	s.Vars["CI_COMMIT_BRANCH"], s.Vars["CI_DEFAULT_BRANCH"], s.Vars["CI_COMMIT_REF_PROTECTED"] = "main", "main", "true"
	s.Vars[schema.VarRelease] = `[{"tags":["latest"]}]`
	s.Push(jobtest.Own+":"+jobtest.ContentTag, jobtest.Made(""))
	jobtest.Check(s.T, s.Release())
	const tag = "fedcba9876543210"
	s.Vars[schema.VarDistributionTag], s.Vars[schema.VarInputs] = tag, tag+strings.Repeat("0", 48)
}
