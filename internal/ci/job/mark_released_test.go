package job_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

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
		"a canary":            {func(s *jobtest.Scene) { published(s); s.Vars[schema.VarCanary] = "1" }, false},
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

// Pruning keeps what an earlier pipeline released to others, whatever has become of the image since.
func TestPruneKeepsWhatWasRecorded(t *testing.T) {
	t.Parallel()
	s := newPruneScene(t)
	s.Vars["CI_COMMIT_REF_PROTECTED"], s.Vars["CI_COMMIT_BRANCH"], s.Vars["CI_DEFAULT_BRANCH"] = "true", "main", "main"
	s.Vars[schema.VarPublished] = "true"
	jobtest.Check(t, s.Build())
	s.Vars[schema.VarKeep] = "0h"
	s.built("rust", "a", 0)
	s.built("rust", "b", 0)
	jobtest.Check(t, s.prune())
	if s.Digest("group/project/rust:"+jobtest.ContentTag) == "" {
		t.Errorf("what others may use is gone: %s", s.Log.String())
	}
}

// What other tools keep beside images says nothing, and does not end pruning.
func TestPruneGoesPastWhatIsNoImage(t *testing.T) {
	t.Parallel()
	s := newPruneScene(t)
	s.built("rust", "a", hour)
	s.built("rust", "b", 46*day)
	pushArtifact(s.Scene, "group/project/rust:chart", "no JSON")
	pushArtifact(s.Scene, "group/project/rust:empty", "")
	jobtest.Check(t, s.prune())
	if got := s.tags("rust"); got != "a chart empty" {
		t.Errorf("the tags are %s\n%s", got, s.Log.String())
	}
}

// rawManifest is a manifest as its bytes.
type rawManifest []byte

func (m rawManifest) RawManifest() ([]byte, error)        { return m, nil }
func (m rawManifest) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

// pushArtifact puts a manifest under a reference whose configuration is any text.
func pushArtifact(s *jobtest.Scene, reference, config string) {
	s.Helper()
	ref, err := name.ParseReference(s.Registry.Host + "/" + reference)
	jobtest.Check(s.T, err)
	blob := static.NewLayer([]byte(config), "application/vnd.example.config")
	jobtest.Check(s.T, remote.WriteLayer(ref.Context(), blob))
	digest, err := blob.Digest()
	jobtest.Check(s.T, err)
	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: v1.Descriptor{MediaType: "application/vnd.example.config", Size: int64(len(config)), Digest: digest},
	})
	jobtest.Check(s.T, err)
	jobtest.Check(s.T, remote.Put(ref, rawManifest(manifest)))
}
