package oci

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// wire is the way to a registry: plain HTTP where that is asked for, patience where the registry names it, and no request
// that only asks whether the registry is there.
//
// The client asks GET /v2/ before anything else, to learn how to authenticate. Any request learns that: so the first real
// one is sent in its place, and its answer kept for when it is asked for.
type wire struct {
	base     http.RoundTripper
	insecure func(registry string) bool

	mu    sync.Mutex
	first *http.Request
	kept  *http.Response
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodGet && request.URL.Path == "/v2/" {
		return w.ping(request)
	}
	if kept := w.take(request); kept != nil {
		return kept, nil
	}
	return w.send(request)
}

func (w *wire) send(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme == "https" && w.insecure(request.URL.Host) {
		request = request.Clone(request.Context())
		request.URL.Scheme = "http"
	}
	response, err := w.base.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		err = pause(request, response.Header.Get("Retry-After"))
	}
	return response, err
}

// pause waits as long as the registry asks for, at most a minute.
func pause(request *http.Request, retryAfter string) error {
	seconds, err := strconv.Atoi(retryAfter)
	if err != nil || seconds <= 0 {
		return nil
	}
	select {
	case <-time.After(min(time.Duration(seconds)*time.Second, time.Minute)):
		return nil
	case <-request.Context().Done():
		return request.Context().Err()
	}
}

// ping sends the first real request in place of a ping. The client needs to see a challenge, or that there is none.
func (w *wire) ping(request *http.Request) (*http.Response, error) {
	w.mu.Lock()
	first := w.first
	w.first = nil
	w.mu.Unlock()
	if first == nil {
		return w.send(request)
	}
	first = first.Clone(request.Context())
	first.URL.Scheme, first.URL.Host = request.URL.Scheme, request.URL.Host
	response, err := w.send(first)
	if err != nil || response.StatusCode == http.StatusUnauthorized {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	w.first, w.kept = nil, response
	w.mu.Unlock()
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: request}, nil
}

// take returns the kept answer if it is that of the request.
func (w *wire) take(request *http.Request) *http.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.kept
	if kept == nil || kept.Request == nil || kept.Request.Method != request.Method || kept.Request.URL.Path != request.URL.Path {
		return nil
	}
	w.kept = nil
	return kept
}
