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

	mu       sync.Mutex
	requests []string
	faults   []*Fault
	guard    *Guard
	latency  time.Duration
	// checksum is how long uploads take to be confirmed.
	checksum time.Duration
}

// Fault is what the registry answers instead of the truth.
type Fault struct {
	// Method and Path choose requests: those whose method is equal, or any when empty, and whose path holds Path.
	Method, Path string
	// Times is how often it happens; always when zero.
	Times int
	// Status is the answer's; Header and Body go with it.
	Status int
	Header http.Header
	Body   string
	// How is another way to fail, with the true answer at hand; nil for none. What was asked is done, unless Lost is set.
	How networktest.Misbehavior
	// Lost drops the request: it has no effect.
	Lost bool
	// Cut sends half of the true answer's body.
	Cut bool

	happened int
}

// New starts a registry that ends with the test.
func New(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{}
	real := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		fault, latency := r.record(request)
		time.Sleep(latency)
		if !r.admit(w, request) {
			return
		}
		switch {
		case fault == nil:
			real.ServeHTTP(w, request)
		case fault.How != nil:
			answer := httptest.NewRecorder()
			if !fault.Lost {
				real.ServeHTTP(answer, request)
			}
			fault.How(w, request, answer)
		case fault.Cut:
			cut(w, request, real)
		default:
			for name, values := range fault.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(fault.Status)
			_, _ = io.WriteString(w, fault.Body)
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections() // some may hang
		server.Close()
	})
	r.Host = strings.TrimPrefix(server.URL, "http://")
	return r
}

// Break lets a fault happen from now on.
func (r *Registry) Break(fault Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, &fault)
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

// record notes a request and returns the fault that it meets, and how long the answer takes.
func (r *Registry) record(request *http.Request) (*Fault, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request.Method+" "+request.URL.Path)
	latency := r.latency
	if request.Method == http.MethodPut && strings.Contains(request.URL.Path, "/blobs/") {
		latency += r.checksum
	}
	for _, fault := range r.faults {
		if (fault.Method == "" || fault.Method == request.Method) && strings.Contains(request.URL.Path, fault.Path) && (fault.Times == 0 || fault.happened < fault.Times) {
			fault.happened++
			return fault, latency
		}
	}
	return nil, latency
}

// cut answers truly, but ends in the middle of the body.
func cut(w http.ResponseWriter, request *http.Request, real http.Handler) {
	answer := httptest.NewRecorder()
	real.ServeHTTP(answer, request)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	body := answer.Body.Bytes()
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}
