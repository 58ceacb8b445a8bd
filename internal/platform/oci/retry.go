package oci

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
)

// retryTransport sends the requests of one operation to a registry: over plain HTTP where that is allowed, with limits and retries, and
// without a separate ping.
//
// The client begins with GET /v2/, to learn how to authenticate. The answer to any request tells that: so the transport sends the first
// real request instead, and keeps its answer until the client sends that request.
type retryTransport struct {
	base    http.RoundTripper
	plain   plainHTTP
	retries network.Retries
	realm   realm
	tokens  *tokens
	endless endless
	// failedUploads counts the uploads that failed, and slowUploads those that exceeded a limit.
	failedUploads, slowUploads atomic.Int32

	// pinging is held during a ping, so that there is one at a time; it guards first and pong.
	pinging sync.Mutex
	first   *http.Request
	pong    *http.Response
	// mu guards kept.
	mu   sync.Mutex
	kept *http.Response
}

// RoundTrip implements http.RoundTripper.
func (w *retryTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodGet && request.URL.Path == "/v2/" {
		return w.ping(request)
	}
	if kept := w.take(request); kept != nil {
		return kept, nil
	}
	return w.send(request)
}

// send sends a request until it is answered or may not be repeated. If the registry failed, the error is a *network.Failure.
func (w *retryTransport) send(request *http.Request) (*http.Response, error) {
	request = w.addressed(request)
	if err := w.plain.check(request); err != nil {
		return nil, err
	}
	if err := w.endless.check(request); err != nil {
		return nil, err
	}
	if isUpload(request) {
		return w.upload(request)
	}
	isToken := isTokenRequest(request)
	if isToken {
		if known := w.tokens.answer(request); known != nil {
			return known, nil
		}
	}
	var response *http.Response
	var failed error
	tries, err := w.retries.Run(request.Context(), func() network.Outcome {
		response, failed = w.try(request) //nolint:bodyclose // whoever asked closes it
		return outcome(request, failed)
	})
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		return nil, counted(failed, tries)
	case isToken && response.StatusCode == http.StatusOK:
		return response, w.tokens.keep(request, response)
	case response.StatusCode == http.StatusUnauthorized && strings.HasPrefix(request.Header.Get("Authorization"), "Bearer "):
		w.tokens.forget()
	}
	return response, nil
}

// addressed returns a request with its real address.
func (w *retryTransport) addressed(request *http.Request) *http.Request {
	request = request.Clone(request.Context())
	switch {
	case w.realm.isDisguised(request):
		w.realm.reveal(request)
	case request.URL.Scheme == "https" && w.plain.isAllowed && request.URL.Host == w.plain.registry:
		request.URL.Scheme = "http"
	}
	return request
}

// upload sends content once. The caller repeats the whole upload, after it has checked whether the content arrived. See mayUploadAgain.
func (w *retryTransport) upload(request *http.Request) (*http.Response, error) {
	response, err := w.try(request.WithContext(network.ForUpload(request.Context())))
	var failure *network.Failure
	if !errors.As(err, &failure) || !failure.MayPass() && !isLostUpload(failure) {
		return response, err
	}
	tries := int(w.failedUploads.Add(1))
	pause := max(w.retries.Pause<<min(tries-1, 5), failure.Wait)
	isTooSlow := failure.IsTimeout() && w.slowUploads.Add(1) > 1
	if isTooSlow || pause > w.retries.Patience {
		return nil, counted(err, tries)
	}
	if err := network.Pause(request.Context(), pause); err != nil {
		return nil, err
	}
	return nil, &interrupted{counted(err, tries)}
}

// lostUpload is an answer to an upload that was refused. Of an upload that the registry has lost track of, it is a failure.
func lostUpload(request *http.Request, response *http.Response) (*http.Response, error) {
	if err := whole(request, response); err != nil {
		return nil, err
	}
	body, err := buffer(response, maxWhole)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(body, []byte(`"BLOB_UPLOAD_`)) {
		return nil, &network.Failure{Kind: network.Refused, Host: request.URL.Host, Status: response.StatusCode, Err: errLostUpload}
	}
	return response, nil
}

var errLostUpload = errors.New("it has lost track of the upload")

func isLostUpload(failure *network.Failure) bool { return failure.Err == errLostUpload } //nolint:errorlint // lostUpload sets it bare

// interrupted is an upload that failed and may be begun again.
type interrupted struct{ error }

// Unwrap returns the failure.
func (i *interrupted) Unwrap() error { return i.error }

// mayUploadAgain reports whether an upload is begun again after an error.
func mayUploadAgain(err error) bool {
	var upload *interrupted
	return errors.As(err, &upload)
}

// isUpload reports whether a request carries content to an upload, or completes one. Manifests are small, and may be put twice.
func isUpload(request *http.Request) bool {
	return request.Method == http.MethodPatch || request.Method == http.MethodPut && !strings.Contains(request.URL.Path, "/manifests/")
}

// try sends a request once.
func (w *retryTransport) try(request *http.Request) (*http.Response, error) {
	response, err := w.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if outside.IsTemporary(response.StatusCode) {
		_ = response.Body.Close() // what it says besides is of no use
		return nil, &network.Failure{
			Kind: network.Refused, Host: request.URL.Host, Status: response.StatusCode, Wait: network.RetryAfter(response.Header),
		}
	}
	if isUpload(request) && response.StatusCode/100 == 4 {
		return lostUpload(request, response)
	}
	if err := w.realm.check(request, response); err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	if err := whole(request, response); err != nil {
		return nil, err
	}
	return response, nil
}

// outcome tells whether to repeat a request, and prepares it for that. All requests but uploads may be repeated: reading, deleting or putting
// a manifest twice has the same effect as once.
func outcome(request *http.Request, err error) network.Outcome {
	var failure *network.Failure
	if !errors.As(err, &failure) || !rewind(request) {
		return network.Outcome{}
	}
	return network.Outcome{Again: failure.MayPass(), Wait: failure.Wait, IsTimeout: failure.IsTimeout()}
}

// rewind resets the body of a request; it reports whether that is possible.
func rewind(request *http.Request) bool {
	if request.Body == nil || request.Body == http.NoBody {
		return true
	}
	if request.GetBody == nil {
		return false
	}
	body, err := request.GetBody()
	request.Body = body
	return err == nil
}

// counted adds to a failure how often the request was sent.
func counted(err error, tries int) error {
	var failure *network.Failure
	if errors.As(err, &failure) {
		with := *failure
		with.Tries = tries
		return &with
	}
	return err
}

// ping answers the client's ping. If the answer takes longer than 300 ms, the client sends a second ping to a registry that may speak plain
// HTTP; it gets the same answer:
// https://github.com/google/go-containerregistry/blob/v0.22.1/pkg/v1/remote/transport/ping.go.
func (w *retryTransport) ping(request *http.Request) (*http.Response, error) {
	w.pinging.Lock()
	defer w.pinging.Unlock()
	if w.pong == nil {
		response, err := w.begin(request)
		if err != nil || response.StatusCode != http.StatusOK && response.StatusCode != http.StatusUnauthorized {
			return response, err
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxWhole)) // so that the connection is used again
		_ = response.Body.Close()
		w.pong = response
	}
	pong := *w.pong
	pong.Header, pong.Body = pong.Header.Clone(), http.NoBody
	return &pong, nil
}

// begin sends the first real request in place of a ping. The client needs to see a challenge, or that there is none.
func (w *retryTransport) begin(request *http.Request) (*http.Response, error) {
	if w.first == nil {
		return w.send(request)
	}
	first := w.first.Clone(request.Context())
	w.first = nil
	first.URL.Scheme, first.URL.Host = request.URL.Scheme, request.URL.Host
	response, err := w.send(first)
	if err != nil || response.StatusCode == http.StatusUnauthorized {
		return response, err
	}
	w.mu.Lock()
	w.kept = response
	w.mu.Unlock()
	return success(request, nil), nil
}

// take returns the kept answer if it is that of the request.
func (w *retryTransport) take(request *http.Request) *http.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.kept
	if kept == nil || kept.Request == nil || kept.Request.Method != request.Method || kept.Request.URL.Path != request.URL.Path {
		return nil
	}
	w.kept = nil
	return kept
}
