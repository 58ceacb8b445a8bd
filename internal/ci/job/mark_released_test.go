package job_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/schema"
)

func TestBuildRecordsWhatOtherProjectsMayUse(t *testing.T) {
	t.Parallel()
	published := func(s *scene) { s.vars[schema.VarPublished] = "true" }
	tests := map[string]struct {
		prepare  func(*scene)
		isMarked bool
	}{
		"published":           {published, true},
		"with dependents":     {func(s *scene) { s.vars[schema.VarDependents] = "team/app@main" }, true},
		"neither":             {func(*scene) {}, false},
		"from a git tag":      {func(s *scene) { published(s); s.vars["CI_COMMIT_BRANCH"], s.vars["CI_COMMIT_TAG"] = "", "v1" }, true},
		"from a branch":       {func(s *scene) { published(s); s.vars["CI_COMMIT_BRANCH"] = "topic" }, false},
		"not protected":       {func(s *scene) { published(s); s.vars["CI_COMMIT_REF_PROTECTED"] = "false" }, false},
		"for a merge request": {func(s *scene) { published(s); s.vars["CI_COMMIT_BRANCH"] = "" }, false},
		"a canary":            {func(s *scene) { published(s); s.vars[schema.VarCanary] = "1" }, false},
		"one platform": {func(s *scene) {
			published(s)
			s.vars[schema.VarPlatforms], s.vars[schema.VarDistributionPlatform] = "linux/amd64,linux/arm64", "linux/amd64"
		}, false},
		"an index": {func(s *scene) {
			published(s)
			s.vars[schema.VarPlatforms] = "linux/amd64,linux/arm64"
			s.vars["STEMMA_DIGEST_RUST_AMD64"], s.vars["STEMMA_DIGEST_RUST_ARM64"] = s.push("group/project/rust:amd64", nil), s.push("group/project/rust:arm64", nil)
		}, true},
		"under a tag written by hand": {func(s *scene) { published(s); s.vars[schema.VarDistributionTag] = "v1" }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.vars["CI_COMMIT_REF_PROTECTED"], s.vars["CI_COMMIT_BRANCH"], s.vars["CI_DEFAULT_BRANCH"] = "true", "main", "main"
			test.prepare(s)
			check(t, s.build())
			record := "group/project/rust:stemma-released-" + s.vars[schema.VarDistributionTag]
			before := s.digest(record)
			if isMarked := before != ""; isMarked != test.isMarked {
				t.Errorf("recorded: %t\n%s", isMarked, s.log.String())
			}
			check(t, s.build())
			if s.digest(record) != before {
				t.Error("the record was written twice")
			}
		})
	}
}

// Pruning keeps what an earlier pipeline released to others, whatever has become of the image since.
func TestPruneKeepsWhatWasRecorded(t *testing.T) {
	t.Parallel()
	s := newPruneScene(t)
	s.vars["CI_COMMIT_REF_PROTECTED"], s.vars["CI_COMMIT_BRANCH"], s.vars["CI_DEFAULT_BRANCH"] = "true", "main", "main"
	s.vars[schema.VarPublished] = "true"
	check(t, s.build())
	s.vars[schema.VarKeep] = "0h"
	s.built("rust", "a", 0)
	s.built("rust", "b", 0)
	check(t, s.prune())
	if s.digest("group/project/rust:"+contentTag) == "" {
		t.Errorf("what others may use is gone: %s", s.log.String())
	}
}

// What other tools keep beside images says nothing, and does not end pruning.
func TestPruneGoesPastWhatIsNoImage(t *testing.T) {
	t.Parallel()
	s := newPruneScene(t)
	s.built("rust", "a", hour)
	s.built("rust", "b", 46*day)
	s.pushArtifact("group/project/rust:chart", "no JSON")
	s.pushArtifact("group/project/rust:empty", "")
	check(t, s.prune())
	if got := s.tags("rust"); got != "a chart empty" {
		t.Errorf("the tags are %s\n%s", got, s.log.String())
	}
}

// rawManifest is a manifest as its bytes.
type rawManifest []byte

func (m rawManifest) RawManifest() ([]byte, error)        { return m, nil }
func (m rawManifest) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

// pushArtifact puts a manifest under a reference whose configuration is any text.
func (s *scene) pushArtifact(reference, config string) {
	s.Helper()
	ref, err := name.ParseReference(s.registry.Host + "/" + reference)
	check(s.T, err)
	blob := static.NewLayer([]byte(config), "application/vnd.example.config")
	check(s.T, remote.WriteLayer(ref.Context(), blob))
	digest, err := blob.Digest()
	check(s.T, err)
	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: v1.Descriptor{MediaType: "application/vnd.example.config", Size: int64(len(config)), Digest: digest},
	})
	check(s.T, err)
	check(s.T, remote.Put(ref, rawManifest(manifest)))
}
