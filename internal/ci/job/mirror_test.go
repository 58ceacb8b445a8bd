package job_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/ci/job"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
)

func TestMirrorCopiesAllPlatforms(t *testing.T) {
	t.Parallel()
	s, outside := newScene(t), ocitest.New(t)
	index, err := random.Index(128, 1, 3)
	check(t, err)
	ref, err := name.ParseReference(outside.Host + "/library/debian:trixie")
	check(t, err)
	check(t, remote.WriteIndex(ref, index))
	hash, err := index.Digest()
	check(t, err)
	s.vars[schema.VarMirrors] = `[{"from":"` + outside.Host + `/library/debian:trixie","repository":"debian","tag":"trixie"},
		{"from":"` + outside.Host + `/library/debian:trixie@` + hash.String() + `","repository":"pinned","tag":"13"}]`
	check(t, job.Mirror(t.Context(), s.env()))
	for _, copied := range []string{"debian:trixie", "pinned:13"} {
		if got := s.digest("group/project/" + copied); got != hash.String() {
			t.Errorf("%s is %q", copied, got)
		}
	}
	outside.Requests()
	check(t, job.Mirror(t.Context(), s.env()))
	for _, request := range outside.Requests() {
		if strings.HasPrefix(request, "GET") && strings.Contains(request, "manifests") {
			t.Errorf("what is there already was read again: %s", request)
		}
	}
}

// One that fails keeps no other from being copied.
func TestMirrorGoesOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.push("lib/closed:1", nil)
	s.registry.Break(ocitest.Fault{Path: "lib/closed", Status: http.StatusForbidden})
	s.vars[schema.VarMirrors] = `[{"from":"` + s.registry.Host + `/lib/closed:1","repository":"closed","tag":"1"},
		{"from":"` + s.registry.Host + `/lib/gone:1","repository":"gone","tag":"1"},
		{"from":"` + s.registry.Host + `/lib/base:1","repository":"base","tag":"1"}]`
	err := job.Mirror(t.Context(), s.env())
	if err == nil || !strings.Contains(err.Error(), "lib/closed:1") || !strings.Contains(err.Error(), "lib/gone:1") {
		t.Errorf("got %v", err)
	}
	if s.digest("group/project/base:1") == "" || s.digest("group/project/gone:1") != "" {
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
			s := newScene(t)
			base := s.digest("lib/base:1")
			if test.pinned {
				s.vars[schema.VarBaseImage] += "@" + base
			}
			s.vars[schema.VarMirrored] = s.registry.Host + "/lib/base:2=" + s.registry.Host + "/group/project/other:1," + s.vars[schema.VarBaseImage] + "=" + s.registry.Host + "/Group/Project/copy:One"
			if test.copied {
				s.vars[schema.VarMirrors] = `[{"from":"` + s.registry.Host + `/lib/base:1","repository":"copy","tag":"One"}]`
				check(t, job.Mirror(t.Context(), s.env()))
			}
			check(t, s.build())
			if got, want := s.builder.built[0].Base, s.registry.Host+test.want+base; got != want {
				t.Errorf("built on %s, want %s", got, want)
			}
		})
	}
}
