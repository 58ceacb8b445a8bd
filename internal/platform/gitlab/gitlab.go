// Package gitlab asks GitLab's REST API the few things that stemma needs, with values of its own. It waits where GitLab asks it
// to, repeats what may be repeated, and says of everything else whether it may have happened.
package gitlab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	api "gitlab.com/gitlab-org/api/client-go/v2"
)

// Config says how GitLab is reached.
type Config struct {
	// API is the address of the REST API, as in CI_API_V4_URL: "https://gitlab.com/api/v4".
	API string
	// Token is who asks; the zero token asks as nobody.
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
	token Token
	// api asks as the token's owner, and anonymous as nobody: a trigger has its token in the body.
	api, anonymous *api.Client
}

// NewClient returns a client; nothing is asked yet. The error says what is wrong with the address.
func NewClient(config Config) (*Client, error) {
	address, err := url.Parse(config.API)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		return nil, fmt.Errorf("%q is not the address of GitLab's API: it looks like https://gitlab.com/api/v4", config.API)
	}
	c := &Client{token: config.Token}
	if c.api, err = connect(config, config.Token); err != nil {
		return nil, err
	}
	c.anonymous, err = connect(config, Token{})
	return c, err
}

// connect gives the library a transport that does all the waiting and repeating, so that it has none of its own.
func connect(config Config, token Token) (*api.Client, error) {
	return api.NewAuthSourceClient(token, api.WithBaseURL(config.API), api.WithoutRetries(), api.WithUserAgent("stemma"),
		api.WithCustomLimiter(unlimited{}), api.WithURLWarningLogger(slog.New(slog.DiscardHandler)), api.WithHTTPClient(&http.Client{Transport: newRetrier(config)}))
}

type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

// call turns the library's error into one of ours.
func call[T any](value T, _ *api.Response, err error) (T, error) {
	if err == nil {
		return value, nil
	}
	var zero T
	return zero, plain(err)
}

// plain takes away what the library and net/http wrap around our errors. What is no answer that the library understands was
// an answer all the same, so that what was asked for may have happened.
func plain(err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	default:
		return &Error{Message: "its answer is not what the API's documentation says", Lost: true}
	}
}

// limit is how many pages of a list are read at most; a page has a hundred entries.
const limit = 50

// pages reads a list to its end.
func pages[T any](list func(api.ListOptions) ([]T, *api.Response, error)) ([]T, error) {
	var out []T
	for page := int64(1); page != 0 && page <= limit; {
		some, response, err := list(api.ListOptions{Page: page, PerPage: 100})
		if err != nil {
			return nil, plain(err)
		}
		out = append(out, some...)
		page = response.NextPage
	}
	return out, nil
}

// each converts the library's values.
func each[A, B any](in []A, convert func(A) B) []B {
	out := make([]B, len(in))
	for i, value := range in {
		out[i] = convert(value)
	}
	return out
}

// optional is nil for an empty text: a field that is not sent.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
