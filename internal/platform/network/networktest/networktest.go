// Package networktest has the ways in which servers fail, for the servers of tests.
package networktest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// Misbehavior is a way to fail. It is given the true answer.
type Misbehavior func(w http.ResponseWriter, request *http.Request, answer *httptest.ResponseRecorder)

// Hang never answers.
func Hang(_ http.ResponseWriter, request *http.Request, _ *httptest.ResponseRecorder) {
	_, _ = io.Copy(io.Discard, request.Body) // otherwise the end of the connection is not noticed
	<-request.Context().Done()
}

// Drip answers with one byte at a time and a pause behind each.
func Drip(pause time.Duration) Misbehavior {
	return func(w http.ResponseWriter, request *http.Request, answer *httptest.ResponseRecorder) {
		begin(w, answer)
		for _, b := range answer.Body.Bytes() {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
			if !sleep(request.Context(), pause) {
				return
			}
		}
	}
}

// Stop sends half of the answer and then nothing more. Of an answer without a body it sends nothing.
func Stop(w http.ResponseWriter, request *http.Request, answer *httptest.ResponseRecorder) {
	if answer.Body.Len() == 0 {
		Hang(w, request, answer)
		return
	}
	begin(w, answer)
	_, _ = w.Write(half(answer))
	_ = http.NewResponseController(w).Flush()
	<-request.Context().Done()
}

// Cut sends half of the answer and ends the connection. Of an answer without a body it sends nothing.
func Cut(w http.ResponseWriter, _ *http.Request, answer *httptest.ResponseRecorder) {
	if answer.Body.Len() > 0 {
		begin(w, answer)
		_, _ = w.Write(half(answer))
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// Drop ends the connection without an answer.
func Drop(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder) {
	panic(http.ErrAbortHandler)
}

// Reset resets the connection instead of answering.
func Reset(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

// StopReading reads none of the request and never answers.
func StopReading(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(1 << 10)
	}
	time.AfterFunc(time.Minute, func() { _ = connection.Close() }) // nobody else keeps it open
}

// begin sends the head of an answer with its true length.
func begin(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
	w.WriteHeader(answer.Code)
}

func half(answer *httptest.ResponseRecorder) []byte { return answer.Body.Bytes()[:answer.Body.Len()/2] }

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// Silent returns the address of a server that accepts connections and says nothing on them. The channel is closed with the first connection.
func Silent(t testing.TB) (address string, reached <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	first, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			if open = append(open, connection); len(open) == 1 {
				close(first)
			}
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
		for _, connection := range open {
			_ = connection.Close()
		}
	})
	return listener.Addr().String(), first
}
