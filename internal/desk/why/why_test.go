package why_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/desk/why"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

type scene struct {
	*testing.T
	*ocitest.Registry
}

// push puts an image with labels under a reference, and returns its digest.
func (s scene) push(reference string, labels map[string]string) string {
	s.Helper()
	image, err := random.Image(32, 1)
	s.check(err)
	image, err = mutate.Config(image, v1.Config{Labels: labels})
	s.check(err)
	ref, err := name.ParseReference(s.Host + "/" + reference)
	s.check(err)
	s.check(remote.Write(ref, image))
	digest, err := image.Digest()
	s.check(err)
	return digest.String()
}

func (s scene) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// moved is the label of an image whose parents moved to digests: "repository digest" each.
func (s scene) moved(parents ...string) string {
	var entries []string
	for _, parent := range parents {
		repository, digest, _ := strings.Cut(parent, " ")
		entries = append(entries, fmt.Sprintf(`{"reference":"%s/%s:latest","before":"sha256:0","after":%q}`, s.Host, repository, digest))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

// text is the chain as it is printed, with the registry and the digests by name.
func (s scene) text(reference string, digests map[string]string) string {
	s.Helper()
	parsed, err := oci.ParseReference(s.Host + "/" + reference)
	s.check(err)
	client, err := oci.NewClient(oci.Config{Backoff: 1})
	s.check(err)
	chain, err := why.Chain(s.Context(), client, parsed)
	s.check(err)
	text := strings.ReplaceAll(chain.Text(terminal.Look{IsUTF8: true}), s.Host, "REGISTRY")
	for name, digest := range digests {
		text = strings.ReplaceAll(text, digest, name)
	}
	return text
}

func TestReasonsFormAChain(t *testing.T) {
	t.Parallel()
	s := scene{t, ocitest.New(t)}
	base := s.push("team/base/image:latest", map[string]string{
		schema.LabelProject: "team/base", schema.LabelImage: "image", schema.LabelReason: "no image has the tag 12ab", schema.LabelWave: "p7",
		schema.LabelCreated: "2026-01-02T03:04:05Z", schema.LabelSource: "https://git.example.org/team/base", schema.LabelPipelineID: "7",
	})
	debian := s.push("debian:latest", nil)
	child := s.push("team/child:latest", map[string]string{
		schema.LabelProject: "team/child", schema.LabelImage: "rust", schema.LabelReason: "parent team/base/image moved, poked by team/base/image",
		schema.LabelMoved: s.moved("team/base/image "+base, "debian "+debian, "gone sha256:"+strings.Repeat("0", 64), "odd sha256:x"),
	})
	want := `team/child/rust
│  REGISTRY/team/child@CHILD
│  parent team/base/image moved, poked by team/base/image
├─ team/base/image
│     REGISTRY/team/base/image@BASE
│     built 2026-01-02T03:04:05Z https://git.example.org/team/base/-/pipelines/7
│     no image has the tag 12ab
├─ REGISTRY/debian@DEBIAN
│     it does not say why it was built
├─ REGISTRY/gone@sha256:0000000000000000000000000000000000000000000000000000000000000000
│     it is no longer there
└─ REGISTRY/odd:latest
      "sha256:x" is not a digest: write sha256: and 64 hex digits
`
	if diff := cmp.Diff(want, s.text("team/child:latest", map[string]string{"CHILD": child, "BASE": base, "DEBIAN": debian})); diff != "" {
		t.Error(diff)
	}
}

func TestNoLabelControlsTheTerminal(t *testing.T) {
	t.Parallel()
	s := scene{t, ocitest.New(t)}
	s.push("a:latest", map[string]string{schema.LabelReason: "red\x1b[31m\nand more", schema.LabelMoved: "{"})
	if got := s.text("a:latest", nil); strings.ContainsAny(got, "\x1b") || strings.Count(got, "\n") != 2 {
		t.Errorf("%q", got)
	}
}

func TestChainsEnd(t *testing.T) {
	t.Parallel()
	s := scene{t, ocitest.New(t)}
	last := s.push("a:latest", map[string]string{schema.LabelReason: "first"})
	for range 150 {
		last = s.push("a:latest", map[string]string{schema.LabelReason: "again", schema.LabelMoved: s.moved("a "+last, "a "+last)})
	}
	if got := strings.Count(s.text("a:latest", nil), "again"); got < 50 || got > 100 {
		t.Errorf("the chain has %d steps", got)
	}
}

func TestParentsThatCannotBeReadAreSaid(t *testing.T) {
	t.Parallel()
	s := scene{t, ocitest.New(t)}
	base := s.push("base:latest", nil)
	s.push("a:latest", map[string]string{schema.LabelReason: "because", schema.LabelMoved: s.moved("base " + base)})
	s.Break(ocitest.Fault{Path: "base", Status: http.StatusForbidden})
	if got := s.text("a:latest", nil); !strings.Contains(got, "does not allow it (403)") {
		t.Errorf("%q", got)
	}
}
