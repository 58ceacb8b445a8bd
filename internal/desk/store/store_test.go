package store_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"gitlab.com/stemma-ci/stemma/internal/desk/store"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// shop is a store that is served.
type shop struct {
	*testing.T
	dir    string
	store  *store.Store
	server *store.Server
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{T: t, dir: t.TempDir()}
	var err error
	s.store, err = store.Open(s.dir)
	s.must(err)
	s.server, err = s.store.Serve()
	s.must(err)
	t.Cleanup(s.server.Close)
	return s
}

func (s *shop) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *shop) parse(text string) oci.Reference {
	s.Helper()
	ref, err := oci.ParseReference(text)
	s.must(err)
	return ref
}

// at is where the server has a reference, and option how it is asked.
func (s *shop) at(text string) name.Reference {
	s.Helper()
	at, err := s.server.At(s.parse(text))
	s.must(err)
	ref, err := name.ParseReference(at.String())
	s.must(err)
	return ref
}

func (s *shop) option() remote.Option {
	c := s.server.Credentials()
	return remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: c.Username, Password: c.Password}))
}

func (s *shop) push(text string) v1.Image {
	s.Helper()
	image, err := random.Image(300, 3)
	s.must(err)
	s.must(remote.Write(s.at(text), image, s.option()))
	return image
}

// files are how many files a folder of the store has.
func (s *shop) files(folder string) int {
	s.Helper()
	entries, err := os.ReadDir(filepath.Join(s.dir, folder))
	s.must(err)
	return len(entries)
}

func TestAStoreIsARegistry(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	image := s.push("registry.example.org:5000/group/project/app:1")
	got, err := remote.Image(s.at("registry.example.org:5000/group/project/app:1"), s.option())
	s.must(err)
	s.must(validate.Image(got))
	want, err := image.Digest()
	s.must(err)
	if digest, err := got.Digest(); err != nil || digest != want {
		t.Errorf("%v is %v now (%v)", want, digest, err)
	}
	index, err := random.Index(100, 2, 2)
	s.must(err)
	s.must(remote.WriteIndex(s.at("localhost/many:1"), index, s.option()))
	again, err := remote.Index(s.at("localhost/many:1"), s.option())
	s.must(err)
	s.must(validate.Index(again))
}

func TestRepositoriesMayBeCalledAsPartsOfPaths(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, name := range []string{"blobs", "manifests", "blobs/uploads", "uploads/blobs", "my_tags", "a/my_tags"} {
		reference := "registry.example.org/group/" + name + ":1"
		s.push(reference)
		if got, err := s.store.Resolve(s.parse(reference)); err != nil || got.IsZero() {
			t.Errorf("%s: %v", name, err)
		}
		if image, err := remote.Image(s.at(reference), s.option()); err != nil || validate.Image(image) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAStoreStandsForARegistry asks for an image by the name that it will have, and for one of a registry that is not there.
func TestAStoreStandsForARegistry(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.push("registry.example.org/group/project/app:1")
	client, err := oci.NewClient(oci.Config{Backoff: time.Millisecond, Override: func(repo oci.Repository) http.RoundTripper {
		if strings.HasPrefix(repo.String(), "registry.example.org/group/project/") {
			return s.server.Override(repo)
		}
		return nil
	}})
	s.must(err)
	ref := s.parse("registry.example.org/group/project/app:1")
	digest, err := client.Resolve(t.Context(), ref)
	s.must(err)
	kept, err := s.store.Resolve(ref)
	s.must(err)
	found, err := client.Look(t.Context(), ref, "")
	if err != nil || found.Digest != digest || kept != digest {
		t.Errorf("%v, %v, %v, %v", digest, kept, found.Digest, err)
	}
	if _, err := client.Resolve(t.Context(), s.parse("registry.example.org/group/project/app:2")); !oci.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
	s.must(client.Tag(t.Context(), ref.Repository().At(digest), schema.TagOf("2"), oci.Credentials{}))
	s.must(client.Copy(t.Context(), ref, s.parse("registry.example.org/group/project/other:1").Repository(), oci.Credentials{}, io.Discard))
	tags, err := s.store.Tags(ref.Repository())
	if got, want := fmt.Sprint(tags), "[1 2]"; err != nil || got != want {
		t.Errorf("got the tags %s (%v), want %s", got, err, want)
	}
	repositories, err := s.store.Repositories()
	if err != nil || len(repositories) != 1 || repositories[0] != ref.Repository() {
		t.Errorf("%v %v", repositories, err)
	}
	s.must(os.Remove(filepath.Join(s.dir, "blobs", strings.TrimPrefix(digest.String(), "sha256:"))))
	if gone, err := s.store.Resolve(ref); err != nil || !gone.IsZero() {
		t.Errorf("what somebody has removed is there: %v %v", gone, err)
	}
	s.must(s.store.Untag(ref))
	s.must(s.store.Untag(ref))
	if gone, err := s.store.Resolve(ref); err != nil || !gone.IsZero() {
		t.Errorf("%v %v", gone, err)
	}
}

func TestAStoreRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.server.Credentials()
	zeros := "sha256:" + strings.Repeat("0", 64)
	tests := map[string]struct {
		method, path, body, user string
		want                     int
	}{
		"strangers":                      {"GET", "/v2/", "", "other", http.StatusUnauthorized},
		"what is not there":              {"GET", "/v2/localhost/x/manifests/1", "", "", http.StatusNotFound},
		"a digest that is not there":     {"HEAD", "/v2/localhost/x/manifests/" + zeros, "", "", http.StatusNotFound},
		"a layer that is not there":      {"GET", "/v2/localhost/x/blobs/" + zeros, "", "", http.StatusNotFound},
		"a layer of no digest":           {"GET", "/v2/localhost/x/blobs/../../../etc/passwd", "", "", http.StatusNotFound},
		"a manifest without its parts":   {"PUT", "/v2/localhost/x/manifests/1", `{"config":{"digest":"` + zeros + `"}}`, "", http.StatusBadRequest},
		"a manifest of other parts":      {"PUT", "/v2/localhost/x/manifests/1", `{"layers":[{"digest":"md5:1"}]}`, "", http.StatusBadRequest},
		"a manifest that is none":        {"PUT", "/v2/localhost/x/manifests/1", `x`, "", http.StatusBadRequest},
		"a manifest that does not end":   {"PUT", "/v2/localhost/x/manifests/1", strings.Repeat(" ", 5<<20), "", http.StatusBadRequest},
		"a tag that leads out":           {"PUT", "/v2/localhost/x/manifests/..%2F..%2Fx", `{"layers":[]}`, "", http.StatusNotFound},
		"a repository that leads out":    {"PUT", "/v2/localhost/..%2F..%2Fx/manifests/1", `{"layers":[]}`, "", http.StatusBadRequest},
		"an upload that has not begun":   {"PUT", "/v2/localhost/x/blobs/uploads/1?digest=" + zeros, "x", "", http.StatusNotFound},
		"a tag's deletion":               {"DELETE", "/v2/localhost/x/manifests/1", "", "", http.StatusMethodNotAllowed},
		"an upload's state":              {"GET", "/v2/localhost/x/blobs/uploads/1", "", "", http.StatusMethodNotAllowed},
		"what no registry has":           {"GET", "/v2/localhost/x/other", "", "", http.StatusNotFound},
		"what is no registry's business": {"GET", "/", "", "", http.StatusNotFound},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, "http://"+s.server.Host+test.path, strings.NewReader(test.body))
			s.must(err)
			request.SetBasicAuth(c.Username+test.user, c.Password)
			response, err := http.DefaultTransport.RoundTrip(request)
			s.must(err)
			if response.StatusCode != test.want {
				t.Errorf("it answers %d, want %d", response.StatusCode, test.want)
			}
			s.must(response.Body.Close())
		})
	}
	if s.files("blobs") > 0 {
		t.Error("something is left")
	}
}

// TestAWrongLayerIsNotKept sends another content than the digest says.
func TestAWrongLayerIsNotKept(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.server.Credentials()
	send := func(method, address, body string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		s.must(err)
		request.SetBasicAuth(c.Username, c.Password)
		response, err := http.DefaultTransport.RoundTrip(request)
		s.must(err)
		s.must(response.Body.Close())
		return response
	}
	begun := send(http.MethodPost, "http://"+s.server.Host+"/v2/localhost/x/blobs/uploads/", "")
	location, err := begun.Location()
	s.must(err)
	place := location.String()
	if got := send(http.MethodPatch, place, "one content").StatusCode; got != http.StatusAccepted {
		t.Fatalf("it answers %d", got)
	}
	if got := send(http.MethodPut, place+"?digest=sha256:"+strings.Repeat("0", 64), "").StatusCode; got != http.StatusBadRequest {
		t.Errorf("it answers %d", got)
	}
	if s.files("blobs")+s.files("uploads") > 0 {
		t.Error("something is left")
	}
}

func TestSweepRemovesWhatNoTagNames(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.push("localhost/app:1")
	s.push("localhost/app:2")
	index, err := random.Index(100, 2, 2)
	s.must(err)
	s.must(remote.WriteIndex(s.at("localhost/many:1"), index, s.option()))
	all := s.files("blobs")
	digest, err := s.store.Resolve(s.parse("localhost/app:1"))
	s.must(err)
	s.must(s.store.Mark(digest, "tested-1"))
	s.must(s.store.Untag(s.parse("localhost/app:1")))
	if freed, err := s.store.Sweep(time.Now().Add(-time.Hour)); err != nil || freed != 0 || s.files("blobs") != all {
		t.Errorf("what was used a moment ago is gone: %d bytes, %v", freed, err)
	}
	if !s.store.IsMarked(digest, "tested-1") || s.store.IsMarked(digest, "tested-2") {
		t.Error("the marks are others")
	}
	// An image is a manifest, a configuration and three layers.
	if freed, err := s.store.Sweep(time.Now().Add(time.Hour)); err != nil || freed == 0 || s.files("blobs") != all-5 {
		t.Errorf("%d of %d files are left, %d bytes are free, %v", s.files("blobs"), all, freed, err)
	}
	if s.store.IsMarked(digest, "tested-1") {
		t.Error("a mark is left")
	}
	for _, text := range []string{"localhost/app:2", "localhost/many:1"} {
		descriptor, err := remote.Get(s.at(text), s.option())
		s.must(err)
		if descriptor.MediaType.IsIndex() {
			left, err := descriptor.ImageIndex()
			s.must(err)
			s.must(validate.Index(left))
			continue
		}
		left, err := descriptor.Image()
		s.must(err)
		s.must(validate.Image(left))
	}
}

// TestManyPushAtOnce pushes the same layers from several sides.
func TestManyPushAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	image, err := random.Image(10_000, 4)
	s.must(err)
	var group sync.WaitGroup
	for i := range 8 {
		ref := s.at("localhost/app:" + string(rune('a'+i)))
		group.Go(func() {
			if err := remote.Write(ref, image, s.option()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := remote.Image(s.at("localhost/app:c"), s.option())
	s.must(err)
	s.must(validate.Image(got))
	if s.files("uploads") > 0 {
		t.Error("uploads are left")
	}
}

func TestLockWaits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	unlock, err := s.store.Lock(t.Context(), "localhost/app:1")
	s.must(err)
	impatient, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := s.store.Lock(impatient, "localhost/app:1"); err == nil {
		t.Error("two have the lock")
	}
	other, err := s.store.Lock(t.Context(), "localhost/app:2")
	s.must(err)
	other()
	var isFree atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		second, err := s.store.Lock(context.Background(), "localhost/app:1")
		if err != nil || !isFree.Load() {
			t.Errorf("the second has the lock before the first gives it back (%v)", err)
			return
		}
		second()
	}()
	time.Sleep(20 * time.Millisecond)
	isFree.Store(true)
	unlock()
	<-done
}
