//go:build e2e

package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
)

// traffic counts the requests to a registry.
type traffic struct {
	requests int
	// read and written count the layers whose bytes were sent, and bytesRead and bytesWritten these bytes.
	read, written           int
	bytesRead, bytesWritten int64
	// byDigest, tags and records count the manifests written by digest, by tag, and by the tag of one of stemma's records.
	byDigest, tags, records int
}

// meter is a proxy that counts the requests to a registry.
type meter struct {
	mu    sync.Mutex
	count traffic
	// readLayers has how often each layer was read, by its digest.
	readLayers map[string]int
}

// newMeter returns a meter, and the registry as clients see it through the meter.
func newMeter(t *testing.T, r *registry) (*meter, *registry) {
	t.Helper()
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(&url.URL{Scheme: "http", Host: r.Host})
		p.Out.Host = p.In.Host
	}}
	m := &meter{readLayers: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		m.serve(proxy, w, request)
	}))
	t.Cleanup(server.Close)
	return m, &registry{Host: strings.TrimPrefix(server.URL, "http://")}
}

// take returns the traffic since the last call.
func (m *meter) take() (traffic, map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	count, layers := m.count, m.readLayers
	m.count, m.readLayers = traffic{}, map[string]int{}
	return count, layers
}

func (m *meter) serve(proxy http.Handler, w http.ResponseWriter, request *http.Request) {
	sent, received := &blob{Reader: request.Body}, &blobWriter{ResponseWriter: w}
	if isUpload(request) {
		request.Body = sent
	}
	proxy.ServeHTTP(received, request)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count.requests++
	name := path.Base(request.URL.Path)
	switch {
	case sent.isLayer:
		m.count.written++
		m.count.bytesWritten += sent.size
	case request.Method == http.MethodGet && strings.Contains(request.URL.Path, "/blobs/") && received.isLayer:
		m.count.read++
		m.count.bytesRead += received.size
		m.readLayers[name]++
	case request.Method != http.MethodPut || !strings.Contains(request.URL.Path, "/manifests/"):
	case strings.HasPrefix(name, "sha256:"):
		m.count.byDigest++
	case strings.HasPrefix(name, "stemma-"):
		m.count.records++
	default:
		m.count.tags++
	}
}

func isUpload(request *http.Request) bool {
	return (request.Method == http.MethodPatch || request.Method == http.MethodPut) && strings.Contains(request.URL.Path, "/blobs/uploads/")
}

// blobCount counts the bytes of a blob. A blob that begins like JSON is a configuration, and each other one is a layer.
type blobCount struct {
	size    int64
	isLayer bool
}

func (c *blobCount) add(data []byte) {
	if c.size == 0 && len(data) > 0 {
		c.isLayer = data[0] != '{'
	}
	c.size += int64(len(data))
}

// blob is a blob that a client sends.
type blob struct {
	io.Reader
	blobCount
}

func (b *blob) Read(data []byte) (int, error) {
	n, err := b.Reader.Read(data)
	b.add(data[:n])
	return n, err
}

// Close does nothing: the server closes the body of the request.
func (b *blob) Close() error { return nil }

// blobWriter is a blob that a client gets.
type blobWriter struct {
	http.ResponseWriter
	blobCount
}

func (w *blobWriter) Write(data []byte) (int, error) {
	n, err := w.ResponseWriter.Write(data)
	w.add(data[:n])
	return n, err
}
