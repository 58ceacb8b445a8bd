// Package ocitest is a registry in the process of a test, with a record of its requests and faults on demand.
package ocitest

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// Registry is a registry on loopback.
type Registry struct {
	// Host is its address, host:port.
	Host string
	networktest.Faults

	mu       sync.Mutex
	requests []string
	guard    *Guard
	latency  time.Duration
	// checksum is how long uploads take to be confirmed.
	checksum time.Duration
}

// Fault is what the registry answers instead of the truth.
type Fault = networktest.Fault

// New starts a registry that ends with the test.
func New(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{}
	real := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		time.Sleep(r.record(request))
		if r.admit(w, request) {
			r.Answer(w, request, func(w http.ResponseWriter) { real.ServeHTTP(w, request) })
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections() // some may hang
		server.Close()
	})
	r.Host = strings.TrimPrefix(server.URL, "http://")
	return r
}

// Delay lets every answer come later from now on.
func (r *Registry) Delay(latency time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latency = latency
}

// DelayUploads lets what completes an upload take longer from now on.
func (r *Registry) DelayUploads(latency time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checksum = latency
}

// Requests returns the requests since the last call, each as "METHOD path".
func (r *Registry) Requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	requests := r.requests
	r.requests = nil
	return requests
}

// record notes a request and returns how long the answer takes.
func (r *Registry) record(request *http.Request) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request.Method+" "+request.URL.Path)
	latency := r.latency
	if request.Method == http.MethodPut && strings.Contains(request.URL.Path, "/blobs/") {
		latency += r.checksum
	}
	return latency
}
