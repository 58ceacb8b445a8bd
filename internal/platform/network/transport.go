package network

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"
)

// New returns a transport with connections of its own, for Limit. It takes the proxies of the environment, as
// http.DefaultTransport does.
func New(limits Limits) *http.Transport {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	}
	transport = transport.Clone()
	abandoned := 2 * limits.Connect // net/http goes on to connect, for other requests, when the first one has given up
	transport.DialContext = (&net.Dialer{Timeout: abandoned, KeepAlive: 30 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = abandoned
	return transport
}

// Limit lets a transport keep to the limits. All errors, also those of reading an answer, are a *Failure, or that of a context
// which the caller ended.
func Limit(base http.RoundTripper, limits Limits) http.RoundTripper {
	return &limited{base, limits}
}

// ForUpload marks the requests of a context as uploads, whose answers may take as long as Limits.Upload.
func ForUpload(ctx context.Context) context.Context { return context.WithValue(ctx, uploadKey{}, true) }

type uploadKey struct{}

type limited struct {
	base   http.RoundTripper
	limits Limits
}

// RoundTrip implements http.RoundTripper.
func (l *limited) RoundTrip(request *http.Request) (*http.Response, error) {
	w := newWatch(request, l.limits)
	once := request.Clone(httptrace.WithClientTrace(w.ctx, &httptrace.ClientTrace{GotConn: w.connected, WroteRequest: w.sent}))
	w.watchBody(once)
	response, err := l.base.RoundTrip(once)
	w.answered()
	if err != nil {
		err = w.explain(err)
		w.end()
		return nil, err
	}
	response.Request = request
	if response.Body == nil || response.Body == http.NoBody {
		w.end()
		return response, nil
	}
	response.Body = &answerBody{ReadCloser: response.Body, watch: w, pace: newPace(l.limits.Stall, func() {
		w.fail(&Failure{Kind: SlowAnswer, Host: w.host, Limit: l.limits.Stall})
	})}
	return response, nil
}

// answerBody is the body of an answer.
type answerBody struct {
	io.ReadCloser
	watch *watch
	pace  *pace
}

// Read implements io.Reader.
func (b *answerBody) Read(into []byte) (int, error) {
	b.pace.wait()
	n, err := b.ReadCloser.Read(into)
	b.pace.move(n)
	if err != nil && err != io.EOF { //nolint:errorlint // readers return it bare
		err = b.watch.explain(err)
	}
	return n, err
}

// Close implements io.Closer.
func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	b.watch.end()
	return err
}

// requestBody is the body of a request. The network takes the time between two reads.
type requestBody struct {
	io.ReadCloser
	watch   *watch
	pace    *pace
	isBegun bool
	// last is what the last read returned, and the network moves.
	last int
}

// Read implements io.Reader.
func (b *requestBody) Read(into []byte) (int, error) {
	if !b.isBegun {
		b.watch.sending()
		b.isBegun = true
	}
	b.pace.move(b.last)
	n, err := b.ReadCloser.Read(into)
	b.last = n
	if err != nil && err != io.EOF {
		b.watch.sourceFailed(err)
		return n, err
	}
	b.pace.wait()
	return n, err
}

// Close implements io.Closer.
func (b *requestBody) Close() error {
	b.pace.move(b.last)
	b.watch.flushing()
	return b.ReadCloser.Close()
}
