// Package gitlab is a client for the part of GitLab's REST API that stemma needs. It waits if GitLab asks for that, repeats requests that may
// be repeated, and says of the others whether GitLab may have carried them out.
package gitlab

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says how GitLab is reached.
type Config struct {
	// API is the address of the REST API, as in CI_API_V4_URL: "https://gitlab.com/api/v4".
	API string
	// Token authenticates requests; with the zero Token they are anonymous.
	Token Token
	// Transport is one of NewTransport; one with the default limits when nil.
	Transport http.RoundTripper
	// Patience limits the time from the first try of a call to the beginning of the last; three minutes when zero.
	Patience time.Duration
	// Backoff is the first of the growing pauses between tries; a second when zero.
	Backoff time.Duration
}

// Client asks GitLab. It may be used by several goroutines.
type Client struct {
	// address is that of the API, without a slash at its end.
	address   string
	token     Token
	transport http.RoundTripper
}

// NewClient returns a client; nothing is asked yet. The error says what is wrong with the address.
func NewClient(config Config) (*Client, error) {
	address, err := url.Parse(config.API)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		return nil, fmt.Errorf("%q is not the address of GitLab's API: it looks like https://gitlab.com/api/v4", config.API)
	}
	config.API = strings.TrimRight(config.API, "/")
	if !strings.HasSuffix(config.API, "/api/v4") {
		config.API += "/api/v4"
	}
	return &Client{address: config.API, token: config.Token, transport: newRetrier(config)}, nil
}
