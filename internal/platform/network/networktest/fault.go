package networktest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Fault is what a server does instead of its true answer.
type Fault struct {
	// Method and Path choose requests: those whose method is equal, or any when empty, and whose path, as it was sent, holds Path.
	Method, Path string
	// After lets so many requests pass first; Times is how often it happens then, always when zero.
	After, Times int
	// Delay is how long the answer takes.
	Delay time.Duration
	// Status is the answer's, with Header and Body; the true answer is sent when it is zero.
	Status int
	Header http.Header
	Body   string
	// How is another way to fail, with the true answer at hand; nil for none.
	How Misbehavior
	// Done lets the server do what it was asked before it answers with Status. Without Status it does that unless Lost is set.
	Done, Lost bool

	seen, happened int
}

// Faults are those of a server.
type Faults struct {
	mu  sync.Mutex
	all []*Fault
}

// Break lets a fault happen from now on.
func (f *Faults) Break(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, &fault)
}

// next returns the fault that a request meets; nil if it meets none.
func (f *Faults) next(request *http.Request) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.all {
		if fault.Method != "" && fault.Method != request.Method || !strings.Contains(request.URL.EscapedPath(), fault.Path) {
			continue
		}
		if fault.seen++; fault.seen <= fault.After || fault.Times > 0 && fault.happened == fault.Times {
			continue
		}
		fault.happened++
		return fault
	}
	return nil
}

// Answer answers a request with the truth, or lets a fault happen.
func (f *Faults) Answer(w http.ResponseWriter, request *http.Request, truth func(http.ResponseWriter)) {
	fault := f.next(request)
	if fault == nil {
		truth(w)
		return
	}
	answer := httptest.NewRecorder()
	if fault.Done || fault.Status == 0 && !fault.Lost {
		truth(answer)
	}
	if fault.How != nil {
		fault.How(w, request, answer)
		return
	}
	sleep(request.Context(), fault.Delay)
	if fault.Status != 0 {
		answer = &httptest.ResponseRecorder{Code: fault.Status, HeaderMap: fault.Header, Body: bytes.NewBufferString(fault.Body)} //nolint:staticcheck // the only way to fill one
	}
	begin(w, answer)
	_, _ = w.Write(answer.Body.Bytes())
}
