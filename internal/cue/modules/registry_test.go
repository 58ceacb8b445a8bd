package modules

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// reached is a transport that answers everything.
type reached struct{}

func (reached) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: request}, nil
}

// A redirect may lead elsewhere, as to the storage of a registry, but never to a connection without encryption.
func TestRedirectsStayEncrypted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ from, to, want string }{
		"to the storage":     {"https://registry.example/v2/a", "https://storage.example/b", ""},
		"without encryption": {"https://registry.example/v2/a", "http://registry.example/b", "registry.example redirects to registry.example without encryption"},
		"to a local server":  {"https://registry.example/v2/a", "http://169.254.169.254/b", "redirects to 169.254.169.254 without encryption"},
		"on loopback":        {"http://127.0.0.1:1/v2/a", "http://127.0.0.1:2/b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, _ := url.Parse(test.from)
			to, _ := url.Parse(test.to)
			response, err := limited{reached{}}.RoundTrip(&http.Request{URL: to, Response: &http.Response{Request: &http.Request{URL: from}}})
			if err == nil {
				err = response.Body.Close()
			}
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
