package local

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
)

// TestLookTellsFailureFromAbsence asks about an image of which the registry says this and that.
func TestLookTellsFailureFromAbsence(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault    *ocitest.Fault
		isThere  bool
		requests int
		want     string
	}{
		"it is there":                  {nil, true, 1, ""},
		"it is not":                    {nil, false, 1, ""},
		"no credentials":               {&ocitest.Fault{Status: http.StatusUnauthorized}, true, 1, "401"},
		"no right":                     {&ocitest.Fault{Status: http.StatusForbidden}, true, 1, "403"},
		"too many requests":            {&ocitest.Fault{Status: http.StatusTooManyRequests}, true, 4, "429"},
		"too many requests for a time": {&ocitest.Fault{Status: http.StatusTooManyRequests, Times: 2}, true, 3, ""},
		"a fault":                      {&ocitest.Fault{Status: http.StatusInternalServerError}, false, 4, "500"},
		"a fault for a time":           {&ocitest.Fault{Status: http.StatusBadGateway, Times: 3}, false, 4, ""},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			registry := ocitest.New(t)
			ref, err := oci.ParseReference(registry.Host + "/group/project/app:1")
			must(t, err)
			if test.isThere {
				push(t, ref)
			}
			if test.fault != nil {
				registry.Break(*test.fault)
			}
			registry.Requests()
			here, err := store.Open(t.TempDir())
			must(t, err)
			session := Session{Registry: oci.Config{Backoff: time.Millisecond}, Store: here, Project: Project{Images: []Image{{Reference: ref}}, IsPublished: true}}
			locations, err := session.locate(t.Context(), []bool{true})
			must(t, err)
			s := locations[0]
			if test.want == "" && (s.Err != nil || s.Published.IsZero() == test.isThere) || test.want != "" && (s.Err == nil || !strings.Contains(s.Err.Error(), test.want)) {
				t.Errorf("%+v", s)
			}
			if requests := registry.Requests(); len(requests) < test.requests {
				t.Errorf("%v", requests)
			}
		})
	}
}

// TestLookAsksOncePerImage asks about many images, of which half are wanted, and never about one of this machine alone.
func TestLookAsksOncePerImage(t *testing.T) {
	t.Parallel()
	registry := ocitest.New(t)
	p, wanted := Project{IsPublished: true}, make([]bool, 100)
	for i := range wanted {
		ref, err := oci.ParseReference(fmt.Sprintf("%s/group/project/image-%d:1", registry.Host, i))
		must(t, err)
		p.Images = append(p.Images, Image{Reference: ref})
		wanted[i] = i%2 == 0
	}
	here, err := store.Open(t.TempDir())
	must(t, err)
	locate := func(p Project) {
		_, err := Session{Store: here, Project: p}.locate(t.Context(), wanted)
		must(t, err)
	}
	locate(p)
	if requests := registry.Requests(); len(requests) != 50 {
		t.Errorf("%d requests", len(requests))
	}
	p.IsPublished = false
	locate(p)
	if requests := registry.Requests(); len(requests) > 0 {
		t.Errorf("%v", requests)
	}
}

func push(t *testing.T, ref oci.Reference) {
	t.Helper()
	image, err := random.Image(10, 1)
	must(t, err)
	parsed, err := name.ParseReference(ref.String())
	must(t, err)
	must(t, remote.Write(parsed, image))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
