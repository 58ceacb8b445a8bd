package gitlab

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
)

// retrier is a transport that waits and repeats. It returns successful answers, read completely, and an Error for all others: no redirect
// is followed, since it could carry a token to another host.
type retrier struct {
	base    http.RoundTripper
	prefix  string
	secret  string
	retries network.Retries
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 32 << 20

func newRetrier(config Config) *retrier {
	p := &retrier{
		base: config.Transport, prefix: config.API, secret: config.Token.secret,
		retries: network.Retries{Pause: cmp.Or(config.Backoff, time.Second), Patience: cmp.Or(config.Patience, 3*time.Minute)},
	}
	if p.base == nil {
		p.base = network.Limit(network.New(network.Defaults()), network.Defaults())
	}
	return p
}

// RoundTrip sends a request until it is answered, may not be repeated, or the time is up.
func (p *retrier) RoundTrip(request *http.Request) (*http.Response, error) {
	var response *http.Response
	var failed *problem
	tries, err := p.retries.Run(request.Context(), func() network.Outcome {
		if response, failed = p.try(request); failed == nil { //nolint:bodyclose // it is read and closed already
			return network.Outcome{}
		}
		return network.Outcome{Again: failed.again, Wait: failed.wait, IsTimeout: failed.isTimeout}
	})
	switch {
	case failed == nil:
		return response, nil
	case err != nil:
		return nil, err
	default:
		return nil, p.explain(request, failed, tries)
	}
}

// problem is a try that failed.
type problem struct {
	// Error is that of the call if this was the last try, without the request.
	Error
	// again says that the request may be repeated, after wait if GitLab names a time.
	again bool
	wait  time.Duration
	// isTimeout says that it took too long.
	isTimeout bool
	// failure is the lack of a whole answer, if that is the problem.
	failure *network.Failure
}

// try sends the request once and reads the whole answer.
func (p *retrier) try(request *http.Request) (*http.Response, *problem) {
	once := request.Clone(request.Context())
	if request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return nil, &problem{Error: Error{Message: err.Error()}}
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
		return nil, unanswered(request, err)
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
	var failure *network.Failure
	if !errors.As(err, &failure) {
		return &problem{Error: Error{Message: err.Error(), Lost: !isRepeatable(request)}}
	}
	isUnsent := failure.IsUnsent()
	return &problem{
		Error:   Error{Temporary: outside.Is(failure), Lost: !isUnsent && !isRepeatable(request)},
		failure: failure, isTimeout: failure.IsTimeout(), again: outside.Is(failure) && (isUnsent || isRepeatable(request)),
	}
}

// tooManyPipelines begins what GitLab says, with status 400, when a user starts more pipelines in a minute than it allows.
const tooManyPipelines = "Too many pipelines created"

// refused is an answer that is no success. GitLab counts requests before it reads them, so it has not carried out those above its limit.
// After a failure of GitLab nobody knows.
func refused(request *http.Request, response *http.Response, body []byte) *problem {
	status := response.StatusCode
	r := &problem{Error: Error{Status: status, Message: messageOf(body, http.StatusText(status)), Temporary: outside.IsTemporary(status)}}
	switch {
	case status == http.StatusTooManyRequests:
		r.again, r.wait = true, network.RetryAfter(response.Header)
	case status == http.StatusBadRequest && strings.Contains(r.Message, tooManyPipelines):
		r.again, r.Temporary, r.wait = true, true, network.RetryAfter(response.Header)
	case outside.IsTemporary(status):
		r.again, r.Lost, r.wait = isRepeatable(request), !isRepeatable(request), network.RetryAfter(response.Header)
	case status/100 == 3:
		r.Message = "it has moved to " + response.Header.Get("Location")
	}
	return r
}

func (p *retrier) explain(request *http.Request, r *problem, tries int) *Error {
	err := r.Error
	err.Request = request.Method + " " + strings.TrimPrefix(request.URL.EscapedPath(), apiPath(p.prefix))
	switch {
	case r.failure != nil:
		failure := *r.failure
		failure.Tries = tries
		err.Message = failure.Error()
	case r.wait > p.retries.Patience:
		err.Message += "; it asks to wait for " + r.wait.String()
	}
	if p.secret != "" {
		err.Message = strings.ReplaceAll(err.Message, p.secret, "[MASKED]")
	}
	return &err
}

// apiPath is the path of the API's address.
func apiPath(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	return "/" + strings.TrimSuffix(path, "/")
}

// Pause lets time pass, unless the context ends before.
func Pause(ctx context.Context, d time.Duration) error { return network.Pause(ctx, d) }
