package prune_test

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
