package outside_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/outside"
)

func TestIs(t *testing.T) {
	t.Parallel()
	own := errors.New("the exec snippet failed")
	tests := map[string]struct {
		err  error
		want bool
	}{
		"nothing":               {nil, false},
		"an error of one's own": {own, false},
		"a failure outside":     {outside.Mark(own), true},
		"no failure":            {outside.Mark(nil), false},
		"wrapped":               {fmt.Errorf("build rust: %w", outside.Mark(own)), true},
		"one of several":        {errors.Join(own, fmt.Errorf("copy: %w", outside.Mark(own))), true},
		"only its words":        {errors.New(outside.Mark(own).Error()), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := outside.Is(test.err); got != test.want {
				t.Errorf("Is(%v) is %t", test.err, got)
			}
		})
	}
}

func TestMarkKeepsTheError(t *testing.T) {
	t.Parallel()
	err := outside.Mark(fmt.Errorf("read: %w", fs.ErrNotExist))
	if err.Error() != "read: file does not exist" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
}

// get is the error of a request to a server that behaves in some way.
func get(t *testing.T, server *httptest.Server) error {
	t.Helper()
	t.Cleanup(server.Close)
	client := http.Client{Timeout: 100 * time.Millisecond}
	response, err := client.Get(server.URL)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	return err
}

func TestMarkNetwork(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  func(*testing.T) error
		want bool
	}{
		"refused": {func(t *testing.T) error {
			server := httptest.NewServer(nil)
			server.Close()
			return get(t, server)
		}, true},
		"no such host": {func(*testing.T) error {
			return &net.DNSError{Err: "no such host", Name: "registry.invalid", IsNotFound: true}
		}, true},
		"no answer": {func(t *testing.T) error {
			return get(t, httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })))
		}, true},
		"half an answer": {func(t *testing.T) error {
			return get(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10")
				fmt.Fprint(w, "half")
			})))
		}, true},
		"reset":    {func(*testing.T) error { return fmt.Errorf("read: %w", syscall.ECONNRESET) }, true},
		"deadline": {func(*testing.T) error { return fmt.Errorf("wait: %w", context.DeadlineExceeded) }, true},
		"a server without TLS": {func(t *testing.T) error {
			server := httptest.NewServer(nil)
			server.URL = "https" + server.URL[len("http"):]
			return get(t, server)
		}, false},
		"a server that is not trusted": {func(t *testing.T) error { return get(t, httptest.NewTLSServer(nil)) }, false},
		"a wrong certificate": {func(*testing.T) error {
			return &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
		}, false},
		"cancelled": {func(*testing.T) error { return fmt.Errorf("get: %w", context.Canceled) }, false},
		"a file": {func(t *testing.T) error {
			_, err := os.ReadFile(t.TempDir()) // whose errno has the methods of a net.Error
			return err
		}, false},
		"no failure": {func(*testing.T) error { return nil }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.err(t)
			if got := outside.Is(outside.MarkNetwork(err)); got != test.want {
				t.Errorf("%v is outside: %t", err, got)
			}
		})
	}
}

func TestIsTemporary(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: false, 301: false, 400: false, 401: false, 403: false, 404: false, 408: true, 422: false, 429: true, 500: true, 502: true, 503: true, 504: true} {
		if got := outside.IsTemporary(status); got != want {
			t.Errorf("IsTemporary(%d) is %t", status, got)
		}
	}
}
