package network

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// watch ends a request that takes too long. It goes through the stages of one request: connecting, sending, and waiting for
// the answer.
type watch struct {
	parent, ctx context.Context //nolint:containedctx // a watch lives as long as its request
	cancel      context.CancelCauseFunc
	host        string
	limits      Limits

	mu    sync.Mutex
	timer *time.Timer
	// isSent says that the request has left, isOver that its answer has begun or will not come.
	isSent, isOver bool
	// isConnected says that there was a connection.
	isConnected bool
	// source is the error of the request's own body.
	source error
}

func newWatch(request *http.Request, limits Limits) *watch {
	w := &watch{parent: request.Context(), host: request.URL.Host, limits: limits}
	w.ctx, w.cancel = context.WithCancelCause(w.parent)
	w.within(limits.Connect, NoConnection)
	return w
}

// within gives the present stage a limit, in place of that of the stage before.
func (w *watch) within(limit time.Duration, kind Kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	if !w.isOver {
		w.timer = time.AfterFunc(limit, func() { w.fail(&Failure{Kind: kind, Host: w.host, Limit: limit}) })
	}
}

// connected ends the stage of connecting. It may come again: net/http replaces a connection that turns out to be dead.
func (w *watch) connected(httptrace.GotConnInfo) {
	w.mu.Lock()
	w.isConnected, w.isSent = true, false
	w.mu.Unlock()
	w.within(w.limits.Stall, SlowUpload)
}

// sending stops the timer: the body of the request has a pace of its own.
func (w *watch) sending() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
}

// flushing starts the timer for what the body left in buffers.
func (w *watch) flushing() {
	w.mu.Lock()
	isSent := w.isSent
	w.mu.Unlock()
	if !isSent {
		w.within(w.limits.Stall, SlowUpload)
	}
}

// sent begins the wait for the answer.
func (w *watch) sent(info httptrace.WroteRequestInfo) {
	if info.Err != nil {
		return
	}
	w.mu.Lock()
	w.isSent = true
	w.mu.Unlock()
	if w.parent.Value(uploadKey{}) != nil {
		w.within(w.limits.Upload, NoConfirmation)
		return
	}
	w.within(w.limits.Answer, NoAnswer)
}

// answered ends the wait for the answer.
func (w *watch) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isOver = true
	w.timer.Stop()
}

// watchBody lets the body of a request tell how fast it is sent.
func (w *watch) watchBody(request *http.Request) {
	if request.Body == nil || request.Body == http.NoBody {
		return
	}
	wrap := func(body io.ReadCloser) io.ReadCloser {
		return &requestBody{ReadCloser: body, watch: w, pace: newPace(w.limits.Stall, w.slowUpload)}
	}
	request.Body = wrap(request.Body)
	if again := request.GetBody; again != nil {
		request.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			if err != nil {
				return nil, err
			}
			return wrap(body), nil
		}
	}
}

// slowUpload ends a request whose body is sent too slowly, unless its answer has come before its end. Over HTTP/2 a body is closed only
// when the answer comes, so that one which is sent still has its pace.
func (w *watch) slowUpload() {
	w.mu.Lock()
	isDone := w.isSent || w.isOver
	w.mu.Unlock()
	if !isDone {
		w.fail(&Failure{Kind: SlowUpload, Host: w.host, Limit: w.limits.Stall})
	}
}

func (w *watch) sourceFailed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.source = err
}

func (w *watch) fail(f *Failure) { w.cancel(f) }

// end releases what the watch uses.
func (w *watch) end() { w.cancel(nil) }

// explain turns an error into the reason for it: the end of the caller's context, a limit, the source of an upload, or else
// what the network did.
func (w *watch) explain(err error) error {
	if ended := w.parent.Err(); ended != nil {
		return ended
	}
	w.mu.Lock()
	source, isConnected := w.source, w.isConnected
	w.mu.Unlock()
	if source != nil {
		return source
	}
	if exceeded, ok := context.Cause(w.ctx).(*Failure); ok { //nolint:errorlint // it is the cause itself
		return exceeded
	}
	return failureOf(w.host, err, isConnected)
}
