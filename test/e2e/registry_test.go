//go:build e2e

package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/schema"
)

// registry is a real docker-registry behind a proxy that counts what is written and can hold up what is sent.
type registry struct {
	Host string
	// writes counts manifests, but not the records of releases; uploaded the bytes of blobs.
	writes, uploaded atomic.Int64
	// asked are the paths of blobs that were read.
	asked sync.Map
	// stalled, when set, is closed by the first upload of a blob, which then never ends.
	stalled atomic.Pointer[chan struct{}]
}

// stall lets no blob arrive from now on; the channel is closed when one tries.
func (r *registry) stall() <-chan struct{} {
	held := make(chan struct{})
	r.stalled.Store(&held)
	return held
}

// startRegistry starts a registry with its own storage on free ports of loopback.
func startRegistry(t *testing.T) *registry {
	t.Helper()
	dir := t.TempDir()
	back := freePort(t)
	config := filepath.Join(dir, "config.yml")
	content := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}, delete: {enabled: true}}\nhttp: {addr: %s}\n", filepath.Join(dir, "data"), back)
	if err := os.WriteFile(config, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("docker-registry", "serve", config)
	if err := server.Start(); err != nil {
		t.Fatalf("start docker-registry (Debian package docker-registry): %v", err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	waitFor(t, "http://"+back+"/v2/")
	return proxyTo(t, back)
}

func proxyTo(t *testing.T, back string) *registry {
	t.Helper()
	r := &registry{}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(&url.URL{Scheme: "http", Host: back})
		p.Out.Host = p.In.Host
		// Each release records the pipeline that it ran in.
		if p.In.Method == http.MethodPut && strings.Contains(p.In.URL.Path, "/manifests/") && !strings.Contains(p.In.URL.Path, "/manifests/"+schema.TagReleases) {
			r.writes.Add(1)
		}
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if isUpload := strings.Contains(request.URL.Path, "/blobs/uploads/") && request.ContentLength != 0 && request.Method != http.MethodPost; isUpload {
			r.uploaded.Add(max(request.ContentLength, 1))
			if held := r.stalled.Swap(nil); held != nil {
				close(*held)
				<-request.Context().Done()
				return
			}
		}
		if request.Method == http.MethodGet && strings.Contains(request.URL.Path, "/blobs/sha256:") {
			r.asked.Store(request.URL.Path, true)
		}
		proxy.ServeHTTP(w, request)
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	r.Host = listener.Addr().String()
	return r
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func waitFor(t *testing.T, address string) {
	t.Helper()
	for range 100 {
		if response, err := http.Get(address); err == nil {
			_ = response.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not answer", address)
}

// readLayers are the layers of an image that somebody has read from its repository.
func (r *registry) readLayers(t *testing.T, repository string, image v1.Image) []string {
	t.Helper()
	var read []string
	for _, layer := range layers(t, image) {
		if _, ok := r.asked.Load("/v2/" + repository + "/blobs/" + layer); ok {
			read = append(read, layer)
		}
	}
	return read
}

// has reports whether the registry has an image under a reference below it.
func (r *registry) has(reference string) bool {
	ref, err := name.ParseReference(r.Host + "/" + reference)
	if err == nil {
		_, err = remote.Head(ref)
	}
	return err == nil
}

// image is what the registry has under a reference below it.
func (r *registry) image(t *testing.T, reference string) v1.Image {
	t.Helper()
	ref, err := name.ParseReference(r.Host + "/" + reference)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatalf("the registry should have %s: %v", reference, err)
	}
	return image
}

func labels(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config.Config.Labels
}

func digest(t *testing.T, image v1.Image) string {
	t.Helper()
	hash, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

func layers(t *testing.T, image v1.Image) []string {
	t.Helper()
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, layer := range manifest.Layers {
		out = append(out, layer.Digest.String())
	}
	return out
}
