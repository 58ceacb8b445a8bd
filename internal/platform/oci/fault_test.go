package oci_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/test/sample"
)

// shortly are limits that a test can wait for.
const shortly = "connect=400ms answer=400ms upload=800ms stall=400ms"

// faulty is a registry that fails, with an image in it, and a client that asks it.
type faulty struct {
	*testing.T
	registry *ocitest.Registry
	client   *oci.Client
	image    oci.Reference
}

func newFaulty(t *testing.T, faults ...ocitest.Fault) *faulty {
	t.Helper()
	f := &faulty{T: t, registry: ocitest.New(t)}
	client, err := oci.NewClient(oci.Config{Backoff: time.Millisecond, Timeouts: shortly})
	if err != nil {
		t.Fatal(err)
	}
	f.client, f.image = client, reference(t, f.registry.Host+"/a/b:1")
	push(t, f.image.String())
	f.registry.Requests()
	for _, fault := range faults {
		f.registry.Break(fault)
	}
	return f
}

func reference(t *testing.T, text string) oci.Reference {
	t.Helper()
	ref, err := oci.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// operations are all that a client asks of a registry.
var operations = map[string]func(ctx context.Context, f *faulty) error{
	"look": func(ctx context.Context, f *faulty) error {
		_, err := f.client.Look(ctx, f.image, "")
		return err
	},
	"resolve": func(ctx context.Context, f *faulty) error {
		_, err := f.client.Resolve(ctx, f.image)
		return err
	},
	"layers": func(ctx context.Context, f *faulty) error {
		_, err := f.client.Layers(ctx, f.image, "")
		return err
	},
	"tags": func(ctx context.Context, f *faulty) error {
		_, err := f.client.Tags(ctx, f.image.Repository(), oci.Credentials{})
		return err
	},
	"tag": func(ctx context.Context, f *faulty) error {
		return f.client.Tag(ctx, f.image, schema.TagOf("2"), oci.Credentials{})
	},
	"untag": func(ctx context.Context, f *faulty) error { return f.client.Untag(ctx, f.image) },
	"note": func(ctx context.Context, f *faulty) error {
		return f.client.Note(ctx, f.image.Repository().Tag(schema.TagOf("note")), map[string]string{"a": "b"})
	},
	"copy": func(ctx context.Context, f *faulty) error {
		return f.client.Copy(ctx, f.image, reference(f.T, f.registry.Host+"/c/d").Repository(), oci.Credentials{}, io.Discard)
	},
	"publish": func(ctx context.Context, f *faulty) error { return f.publish(ctx, 3000) },
}

// publish pushes an image with a layer of some size.
func (f *faulty) publish(ctx context.Context, size int64) error {
	f.Helper()
	image, err := f.client.Assemble(ctx, oci.Assembly{Folder: folderOf(f.T, size), Created: time.Unix(0, 0)})
	if err != nil {
		f.Fatal(err)
	}
	_, err = f.client.Publish(ctx, f.image.Repository(), image)
	return err
}

// folderOf is an image in the layout of "dir:", with one layer that no compression makes smaller.
func folderOf(t *testing.T, size int64) string {
	t.Helper()
	image, err := random.Image(size, 1)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := image.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	name, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	manifest := `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"digest":"` + name.String() + `"},"layers":[{"digest":"` + config.RootFS.DiffIDs[0].String() + `"}]}`
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	layer, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	for file, bytes := range map[string][]byte{"manifest.json": []byte(manifest), name.Hex: raw, config.RootFS.DiffIDs[0].Hex: layer} {
		if err := os.WriteFile(filepath.Join(folder, file), bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestNoOperationWaitsForever lets the registry be silent, slow and incomplete in every operation.
func TestNoOperationWaitsForever(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		how  networktest.Misbehavior
		says string
		// only are the operations that it is about, those with an answer that has a body; all of them when empty.
		only string
	}{
		"a registry that never answers":         {networktest.Hang, "accepted the request and did not answer within 400ms, in 2 tries: try again later, or set answer in STEMMA_TIMEOUTS", ""},
		"a registry that drips":                 {networktest.Drip(100 * time.Millisecond), "sent fewer than 409 bytes in 400ms, in 2 tries", "look layers tag copy"},
		"a registry that stops in the middle":   {networktest.Stop, "sent fewer than 409 bytes in 400ms, in 2 tries", "look layers tag copy"},
		"a registry that resets the connection": {networktest.Reset, "ended the connection before its answer was complete, in 5 tries", ""},
		"a registry with half bodies":           {networktest.Cut, "ended the connection before its answer was complete, in 5 tries", "look layers tag copy"},
	}
	for what, test := range tests {
		for name, operation := range operations {
			if test.only != "" && !strings.Contains(" "+test.only+" ", " "+name+" ") {
				continue
			}
			t.Run(what+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := newFaulty(t, ocitest.Fault{How: test.how})
				begun := time.Now()
				err := operation(t.Context(), f)
				if err == nil || !strings.Contains(err.Error(), f.registry.Host+" "+test.says) || oci.IsNotFound(err) {
					t.Errorf("got %v, want %q", err, test.says)
				}
				if took := time.Since(begun); took > 5*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// TestFaultsThatPass lets a registry fail once or twice, in every operation.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	tests := map[string]ocitest.Fault{
		"no answer":           {How: networktest.Hang, Times: 1},
		"a reset connection":  {How: networktest.Reset, Times: 2},
		"a request timeout":   {Status: http.StatusRequestTimeout, Times: 2},
		"too many requests":   {Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Times: 1},
		"an internal error":   {Status: http.StatusInternalServerError, Times: 2},
		"a bad gateway":       {Status: http.StatusBadGateway, Times: 2},
		"half a body":         {Method: http.MethodGet, How: networktest.Cut, Times: 2},
		"a body that stops":   {Method: http.MethodGet, How: networktest.Stop, Times: 1},
		"a wrong body":        {Method: http.MethodGet, Path: "/manifests/", Status: http.StatusOK, Body: "{", Header: http.Header{"Docker-Content-Digest": {"sha256:" + strings.Repeat("a", 64)}}, Times: 1},
		"an upload that ends": {Method: http.MethodPatch, How: networktest.Reset, Lost: true, Times: 2},
		"a lost confirmation": {Method: http.MethodPut, How: networktest.Reset, Times: 1},
		"a lost upload":       {Method: http.MethodPatch, Status: http.StatusNotFound, Body: `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}`, Times: 1},
	}
	for what, fault := range sample.Of(tests, 4) {
		for name, operation := range operations {
			t.Run(what+"/"+name, func(t *testing.T) {
				t.Parallel()
				if err := operation(t.Context(), newFaulty(t, fault)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestUploadsHaveLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault    ocitest.Fault
		says     string
		requests int
	}{
		"nobody reads":             {ocitest.Fault{Method: http.MethodPatch, How: networktest.StopReading, Lost: true}, "in STEMMA_TIMEOUTS to more", 2},
		"nobody confirms":          {ocitest.Fault{Method: http.MethodPut, Path: "/blobs/", How: networktest.Hang}, "took the upload and did not confirm it within 800ms: set upload in STEMMA_TIMEOUTS to more, such as upload=30m", 2},
		"the connection is reset":  {ocitest.Fault{Method: http.MethodPatch, How: networktest.Reset, Lost: true}, "ended the connection before its answer was complete, in ", 6},
		"the server fails":         {ocitest.Fault{Method: http.MethodPatch, Status: http.StatusBadGateway}, "answered 502 after several tries", 6},
		"the server refuses":       {ocitest.Fault{Method: http.MethodPatch, Status: http.StatusBadRequest}, "answered 400", 2},
		"the server wants no more": {ocitest.Fault{Method: http.MethodPatch, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7200"}}}, "refuses because of too many requests (429): it asks to wait for 2h0m0s", 2},
	}
	for name, test := range sample.Of(tests, 3) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, test.fault)
			size := int64(1 << 20)
			if name == "nobody reads" {
				size = 32 << 20 // more than the kernel takes for a server that does not read
			}
			err := f.publish(t.Context(), size)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "several") != strings.Contains(test.says, "several") {
				t.Errorf("got %v, want %q", err, test.says)
			}
			sent := 0
			for _, request := range f.registry.Requests() {
				if strings.HasPrefix(request, test.fault.Method+" ") {
					sent++
				}
			}
			if sent > 2*test.requests { // two uploads, the layer and the configuration
				t.Errorf("%d requests were sent", sent)
			}
		})
	}
}

// The client sends a second ping to a registry that takes long. It gets the answer to the first one.
func TestASlowRegistryIsNotAskedTwice(t *testing.T) {
	t.Parallel()
	registry := ocitest.New(t)
	client, err := oci.NewClient(oci.Config{})
	if err != nil {
		t.Fatal(err)
	}
	push(t, registry.Host+"/a/b:1")
	registry.Requests()
	registry.Delay(time.Second)
	if _, err := client.Look(t.Context(), reference(t, registry.Host+"/a/b:1"), ""); err != nil {
		t.Fatal(err)
	}
	if got := registry.Requests(); len(got) != 2 {
		t.Errorf("got the requests %q, want one for the manifest and one for the configuration", got)
	}
}

// An answer to an upload may take longer than other answers: the registry computes a checksum.
func TestUploadsMayTakeLongToConfirm(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	client, err := oci.NewClient(oci.Config{Backoff: time.Millisecond, Timeouts: "answer=2s"})
	if err != nil {
		t.Fatal(err)
	}
	f.client = client
	f.registry.DelayUploads(3 * time.Second)
	if err := f.publish(t.Context(), 3000); err != nil {
		t.Error(err)
	}
}

// A registry with a wrong manifest is broken; its image is not missing.
func TestAWrongDigestIsTheRegistrysFault(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("a", 64)
	wrong := `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"` + digest + `"},"layers":[]}`
	header := http.Header{"Content-Type": {"application/vnd.docker.distribution.manifest.v2+json"}}
	named := header.Clone()
	named.Set("Docker-Content-Digest", digest)
	tests := map[string]struct {
		at    func(f *faulty) oci.Reference
		fault ocitest.Fault
	}{
		"by digest": {func(f *faulty) oci.Reference { return f.image.Repository().At(mustDigest(f.T, digest)) }, ocitest.Fault{Path: "/manifests/", Status: http.StatusOK, Header: header, Body: wrong}},
		"by tag":    {func(f *faulty) oci.Reference { return f.image }, ocitest.Fault{Path: "/manifests/", Status: http.StatusOK, Header: named, Body: wrong}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, test.fault)
			_, err := f.client.Look(t.Context(), test.at(f), "")
			var failure *network.Failure
			if !errors.As(err, &failure) || failure.Kind != network.WrongDigest || oci.IsNotFound(err) || !strings.Contains(err.Error(), f.registry.Host+" sent content that does not match its digest, in 5 tries: it should be "+digest) {
				t.Errorf("got %v", err)
			}
		})
	}
	f := newFaulty(t, ocitest.Fault{Method: http.MethodHead, Status: http.StatusOK, Header: http.Header{"Content-Type": header["Content-Type"], "Content-Length": {"2"}, "Docker-Content-Digest": {"sha256:" + strings.Repeat("b", 64)}}})
	if has, err := f.client.Has(t.Context(), f.image.Repository().At(mustDigest(t, digest))); has || err == nil || !strings.Contains(err.Error(), "does not match its digest") {
		t.Errorf("got %t, %v", has, err)
	}
}

func mustDigest(t *testing.T, text string) oci.Digest {
	t.Helper()
	digest, err := oci.ParseDigest(text)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// A cancelled operation ends at once, also while it waits for another try.
func TestCancelledOperationsEnd(t *testing.T) {
	t.Parallel()
	for what, fault := range map[string]ocitest.Fault{
		"an answer that does not come": {How: networktest.Hang},
		"a pause between two tries":    {Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"60"}}},
		"a pause between two uploads":  {Method: http.MethodPatch, Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"60"}}},
	} {
		for name, operation := range operations {
			if fault.Method != "" && name != "publish" && name != "note" {
				continue
			}
			t.Run(what+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := newFaulty(t, fault)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(100*time.Millisecond, cancel)
				begun := time.Now()
				if err := operation(ctx, f); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(begun); took > time.Second {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// The layers of a copy that end early are read again.
func TestHalfALayerIsCopiedAgain(t *testing.T) {
	t.Parallel()
	f, other := newFaulty(t), ocitest.New(t)
	image, err := random.Image(4<<20, 2)
	if err != nil {
		t.Fatal(err)
	}
	pushImage(t, f.image.String(), image)
	f.registry.Break(ocitest.Fault{Method: http.MethodGet, Path: "/blobs/", How: networktest.Cut, Times: 2})
	if err := f.client.Copy(t.Context(), f.image, reference(t, other.Host+"/c/d").Repository(), oci.Credentials{}, io.Discard); err != nil {
		t.Error(err)
	}
}
