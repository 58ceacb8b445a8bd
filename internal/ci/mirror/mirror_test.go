package mirror_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/mirror"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func run(s *jobtest.Scene) error {
	env := s.Env()
	return mirror.Run(s.Context(), env.Getenv, env.Log, env.Registry)
}

func TestMirrorCopiesAllPlatforms(t *testing.T) {
	t.Parallel()
	s, outside := jobtest.New(t), ocitest.New(t)
	index, err := random.Index(128, 1, 3)
	jobtest.Check(t, err)
	ref, err := name.ParseReference(outside.Host + "/library/debian:trixie")
	jobtest.Check(t, err)
	jobtest.Check(t, remote.WriteIndex(ref, index))
	hash, err := index.Digest()
	jobtest.Check(t, err)
	s.Vars[schema.VarMirrors] = `[{"from":"` + outside.Host + `/library/debian:trixie","repository":"debian","tag":"trixie"},
		{"from":"` + outside.Host + `/library/debian:trixie@` + hash.String() + `","repository":"pinned","tag":"13"}]`
	jobtest.Check(t, run(s))
	for _, copied := range []string{"debian:trixie", "pinned:13"} {
		if got := s.Digest("group/project/" + copied); got != hash.String() {
			t.Errorf("%s is %q", copied, got)
		}
	}
	outside.Requests()
	jobtest.Check(t, run(s))
	for _, request := range outside.Requests() {
		if strings.HasPrefix(request, "GET") && strings.Contains(request, "manifests") {
			t.Errorf("what is there already was read again: %s", request)
		}
	}
}

// One that fails keeps no other from being copied.
func TestMirrorGoesOn(t *testing.T) {
	t.Parallel()
	s := jobtest.New(t)
	s.Push("lib/closed:1", nil)
	s.Registry.Break(ocitest.Fault{Path: "lib/closed", Status: http.StatusForbidden})
	s.Vars[schema.VarMirrors] = `[{"from":"` + s.Registry.Host + `/lib/closed:1","repository":"closed","tag":"1"},
		{"from":"` + s.Registry.Host + `/lib/gone:1","repository":"gone","tag":"1"},
		{"from":"` + s.Registry.Host + `/lib/base:1","repository":"base","tag":"1"}]`
	err := run(s)
	if err == nil || !strings.Contains(err.Error(), "lib/closed:1") || !strings.Contains(err.Error(), "lib/gone:1") {
		t.Errorf("got %v", err)
	}
	if s.Digest("group/project/base:1") == "" || s.Digest("group/project/gone:1") != "" {
		t.Error("the wrong images were copied")
	}
}

// A parent that the project has a copy of comes from there, by its digest if it is pinned, and else from where it is.
func TestParentsComeFromTheirCopies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pinned, copied bool
		want           string
	}{
		"a copy":                  {false, true, "/group/project/copy@"},
		"no copy":                 {false, false, "/lib/base@"},
		"pinned, a copy":          {true, true, "/group/project/copy@"},
		"pinned, no copy so far ": {true, false, "/lib/base@"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.New(t)
			base := s.Digest("lib/base:1")
			if test.pinned {
				s.Vars[schema.VarBaseImage] += "@" + base
			}
			s.Vars[schema.VarMirrored] = s.Registry.Host + "/lib/base:2=" + s.Registry.Host + "/group/project/other:1," + s.Vars[schema.VarBaseImage] + "=" + s.Registry.Host + "/Group/Project/copy:One"
			if test.copied {
				s.Vars[schema.VarMirrors] = `[{"from":"` + s.Registry.Host + `/lib/base:1","repository":"copy","tag":"One"}]`
				jobtest.Check(t, run(s))
			}
			jobtest.Check(t, s.Build())
			if got, want := s.Builder.Built[0].Base, s.Registry.Host+test.want+base; got != want {
				t.Errorf("built on %s, want %s", got, want)
			}
		})
	}
}
