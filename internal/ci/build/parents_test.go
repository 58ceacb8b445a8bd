package build_test

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/compression"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// A manifest says of each layer how it is compressed. A parent's layers stay as they are, so the manifest must say of them
// what the parent's says.
func TestAParentsLayersKeepTheirCompression(t *testing.T) {
	t.Parallel()
	for _, mediaType := range []types.MediaType{types.DockerLayer, types.OCILayer, types.OCILayerZStd} {
		t.Run(string(mediaType), func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			s.Vars[schema.VarInputs] = ""
			parent := s.PushImage("lib/base:1", compressed(t, mediaType))
			jobtest.Check(t, s.Build())
			built, err := remote.Image(jobtest.Must(name.ParseReference(s.Registry.Host + "/group/project/rust:" + jobtest.ContentTag)))
			jobtest.Check(t, err)
			manifest, err := built.Manifest()
			jobtest.Check(t, err)
			of, err := s.Builder.Images[parent].Manifest()
			jobtest.Check(t, err)
			first, want := manifest.Layers[0], of.Layers[0]
			if first.Digest != want.Digest {
				t.Errorf("the first layer is %s, the parent's is %s", first.Digest, want.Digest)
			}
			if (first.MediaType == types.OCILayerZStd) != (mediaType == types.OCILayerZStd) {
				t.Errorf("the manifest calls a layer %s that is %s", first.MediaType, mediaType)
			}
			if first.MediaType == types.OCILayerZStd && manifest.MediaType != types.OCIManifestSchema1 {
				t.Errorf("a manifest of type %s knows no zstd", manifest.MediaType)
			}
		})
	}
}

// compressed is an image of one layer, compressed as a media type says.
func compressed(t *testing.T, mediaType types.MediaType) v1.Image {
	t.Helper()
	source, err := random.Layer(512, types.DockerLayer)
	jobtest.Check(t, err)
	kind := compression.GZip
	if mediaType == types.OCILayerZStd {
		kind = compression.ZStd
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return source.Uncompressed() }, tarball.WithMediaType(mediaType), tarball.WithCompression(kind))
	jobtest.Check(t, err)
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: mediaType})
	jobtest.Check(t, err)
	return image
}

// `COPY --from` brings files and no layers: an image that begins with no parent's layers has no base.
func TestOnlyAParentWhoseLayersComeFirstIsTheBase(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	tools, base := s.Push("lib/tools:1", nil), s.Push("lib/base:1", nil)
	delete(s.Vars, schema.VarBaseImage)
	s.Vars[schema.VarContainerfile] = "Containerfile"
	s.Vars[schema.VarParents] = s.Registry.Host + "/lib/tools:1\n" + s.Registry.Host + "/lib/base:1"
	s.Vars[schema.VarForceRebuild] = "1"
	for begins, want := range map[string]string{"": "", base: base, tools: tools} {
		s.Builder.Begins = begins
		s.Vars["CI_PIPELINE_ID"] += "0"
		jobtest.Check(t, s.Build())
		labels := s.Labels("group/project/rust:" + jobtest.ContentTag)
		if got := labels[schema.LabelBaseDigest]; got != want {
			t.Errorf("the base is %q, want %q", got, want)
		}
		if !strings.Contains(labels[schema.LabelParents], tools) || !strings.Contains(labels[schema.LabelParents], base) {
			t.Errorf("the parents are %s", labels[schema.LabelParents])
		}
	}
}

// A Containerfile may begin with an image that no variable names; what that image says of itself is not true of this one.
func TestLabelsOfAnUnknownParentAreDropped(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Vars[schema.VarInputs] = ""
	unknown := s.Push("lib/unknown:1", map[string]string{"stemma.inputs": "x", "fdo.expires-after": "1h", "org.opencontainers.image.base.digest": "x", "maintainer": "me"})
	delete(s.Vars, schema.VarBaseImage)
	s.Vars[schema.VarContainerfile] = "Containerfile"
	s.Builder.Begins = unknown
	jobtest.Check(t, s.Build())
	got := s.Labels("group/project/rust:" + jobtest.ContentTag)
	for _, label := range []string{"stemma.inputs", "fdo.expires-after", "org.opencontainers.image.base.digest"} {
		if value, inherited := got[label]; inherited {
			t.Errorf("label %s is %q", label, value)
		}
	}
	if got["maintainer"] != "me" {
		t.Errorf("labels: %v", got)
	}
}

// A mirror that is configured on the builder may have another image than the one that was asked for.
func TestABuildOnAnotherBaseFails(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	base := s.Digest("lib/base:1")
	other, err := random.Image(64, 1)
	jobtest.Check(t, err)
	s.Builder.Images[base] = other
	if err := s.Build(); err == nil || !strings.Contains(err.Error(), "used another base than "+s.Registry.Host+"/lib/base@"+base) {
		t.Errorf("the job ended with %v", err)
	}
	if got := s.Digest("group/project/rust:" + jobtest.ContentTag); got != "" {
		t.Errorf("%s was published", got)
	}
}
