package gitlab

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/outside"
)

// patient is a transport that waits and repeats. It returns whole answers that are successes, and an Error for all others:
// so no redirect is followed, which would carry a token to another place.
type patient struct {
	base                       http.RoundTripper
	prefix                     string
	secret                     string
	timeout, patience, backoff time.Duration
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 32 << 20

func newPatient(config Config) *patient {
	p := &patient{
		base: config.Transport, prefix: config.API, secret: config.Token.secret,
		timeout: config.Timeout, patience: config.Patience, backoff: config.Backoff,
	}
	if p.base == nil {
		p.base = http.DefaultTransport
	}
	p.timeout = orElse(p.timeout, 70*time.Second)
	p.patience = orElse(p.patience, 3*time.Minute)
	p.backoff = orElse(p.backoff, time.Second)
	return p
}

func orElse(value, fallback time.Duration) time.Duration {
	if value == 0 {
		return fallback
	}
	return value
}

// RoundTrip sends a request until it is answered, or may not be repeated, or patience ends.
func (p *patient) RoundTrip(request *http.Request) (*http.Response, error) {
	waited, pause := time.Duration(0), p.backoff
	for {
		response, problem := p.try(request)
		if problem == nil {
			return response, nil
		}
		if ctx := request.Context(); ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wait := max(pause, problem.wait)
		if !problem.again || waited+wait > p.patience {
			return nil, p.explain(request, problem)
		}
		if err := Pause(request.Context(), wait); err != nil {
			return nil, err
		}
		waited, pause = waited+wait, pause*2
	}
}

// problem is a try that failed.
type problem struct {
	status  int
	message string
	// again says that the request may be repeated, after wait if GitLab names a time.
	again bool
	wait  time.Duration
	// lost says that it may have been carried out.
	lost bool
	// temporary says that a later request may be answered better.
	temporary bool
}

// try sends the request once and reads the whole answer.
func (p *patient) try(request *http.Request) (*http.Response, *problem) {
	ctx, cancel := context.WithTimeout(request.Context(), p.timeout)
	defer cancel()
	once := request.Clone(ctx)
	if request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return nil, &problem{message: err.Error()}
		}
		once.Body = body
	}
	response, err := p.base.RoundTrip(once)
	if err != nil {
		return nil, unanswered(request, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, unanswered(request, fmt.Errorf("the answer ends too early: %w", err))
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	return nil, refused(request, response, body)
}

// isRepeatable reports whether a request may be carried out twice.
func isRepeatable(request *http.Request) bool {
	return request.Method == http.MethodGet || request.Method == http.MethodHead || request.Method == http.MethodPut
}

// unanswered is a request without a whole answer. One that never left may be sent again, whatever it asks for, except to a
// server that is not trusted.
func unanswered(request *http.Request, err error) *problem {
	var distrust *tls.CertificateVerificationError
	if errors.As(err, &distrust) {
		return &problem{message: err.Error()}
	}
	var dial *net.OpError
	unsent := errors.As(err, &dial) && dial.Op == "dial"
	message := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		message = "it takes too long"
	}
	return &problem{message: message, again: unsent || isRepeatable(request), lost: !unsent && !isRepeatable(request), temporary: true}
}

// tooManyPipelines begins what GitLab says, with status 400, when a user starts more pipelines in a minute than it allows.
const tooManyPipelines = "Too many pipelines created"

// refused is an answer that is no success. GitLab counts requests before it looks at them, so what is one too many was not
// carried out; of a failure on its side nobody knows.
func refused(request *http.Request, response *http.Response, body []byte) *problem {
	status := response.StatusCode
	r := &problem{status: status, message: messageOf(body, http.StatusText(status)), temporary: outside.IsTemporary(status)}
	switch {
	case status == http.StatusTooManyRequests:
		r.again, r.wait = true, retryAfter(response.Header)
	case status == http.StatusBadRequest && strings.Contains(r.message, tooManyPipelines):
		r.again, r.temporary, r.wait = true, true, retryAfter(response.Header)
	case status >= 500:
		r.again, r.lost, r.wait = isRepeatable(request), !isRepeatable(request), retryAfter(response.Header)
	case status/100 == 3:
		r.message = "it has moved to " + response.Header.Get("Location")
	}
	return r
}

// retryAfter is how long GitLab asks to wait, in seconds; zero where it does not say.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func (p *patient) explain(request *http.Request, r *problem) *Error {
	path := strings.TrimPrefix(request.URL.EscapedPath(), apiPath(p.prefix))
	message := r.message
	if p.secret != "" {
		message = strings.ReplaceAll(message, p.secret, "[MASKED]")
	}
	return &Error{Request: request.Method + " " + path, Status: r.status, Message: message, Lost: r.lost, Temporary: r.temporary}
}

// apiPath is the path of the API's address.
func apiPath(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	return "/" + strings.TrimSuffix(path, "/")
}

// Pause lets time pass, unless the context ends before.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
