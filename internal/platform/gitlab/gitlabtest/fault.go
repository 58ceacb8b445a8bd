package gitlabtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// Fault is what the server does instead of an answer, or after it.
type Fault struct {
	// Method and Path choose requests: those whose method is equal, or any when empty, and whose path, as it was sent, holds Path.
	Method, Path string
	// After lets so many requests pass first; Times is how often it happens then, always when zero.
	After, Times int
	// Done lets the server do what it was asked, and only then answer as below: the truth is lost on the way.
	Done bool
	// Delay is how long the answer takes.
	Delay time.Duration
	// Status is the answer's, with Header and Body; the true answer is sent when it is zero.
	Status int
	Header http.Header
	Body   string
	// How is another way to fail, after the server has done what it was asked; nil for none.
	How networktest.Misbehavior
	// Cut sends half of the answer's body and ends the connection; Drop ends it without an answer.
	Cut, Drop bool

	seen, happened int
}

// Break lets a fault happen.
func (s *Server) Break(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault)
}

// record writes a request down and returns the fault that it meets, if any.
func (s *Server) record(request *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request.Method+" "+request.RequestURI)
	for _, f := range s.faults {
		if f.Method != "" && f.Method != request.Method || !strings.Contains(request.URL.EscapedPath(), f.Path) {
			continue
		}
		if f.seen++; f.seen <= f.After || f.Times > 0 && f.happened == f.Times {
			continue
		}
		f.happened++
		return f
	}
	return nil
}

// withFaults answers a request, or lets a fault happen to it.
func (s *Server) withFaults(w http.ResponseWriter, request *http.Request, truth func(http.ResponseWriter)) {
	fault := s.record(request)
	if fault == nil {
		truth(w)
		return
	}
	real := httptest.NewRecorder()
	if fault.Status == 0 && !fault.Drop || fault.Done {
		truth(real)
	}
	if fault.How != nil {
		fault.How(w, request, real)
		return
	}
	if fault.Status != 0 {
		real = &httptest.ResponseRecorder{Code: fault.Status, HeaderMap: fault.Header.Clone()} //nolint:staticcheck // the only way to fill one
	}
	select {
	case <-time.After(fault.Delay):
	case <-request.Context().Done():
	}
	if fault.Drop {
		panic(http.ErrAbortHandler) // ends the connection, which is what it is for
	}
	body := fault.Body
	if fault.Status == 0 {
		body = real.Body.String()
	}
	for name, values := range real.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(real.Code)
	if fault.Cut {
		body = body[:len(body)/2]
	}
	_, _ = io.WriteString(w, body)
}

// limits are what GitLab counts.
type limits struct {
	requests, pipelines int
	retryAfter          time.Duration
}

// Limit lets so many more requests pass and refuses the next one, once, with 429 and the time to wait.
func (s *Server) Limit(requests int, retryAfter time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits.requests, s.limits.retryAfter = requests+1, retryAfter
}

// LimitPipelines lets so many more pipelines begin and refuses the next one, once.
func (s *Server) LimitPipelines(pipelines int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits.pipelines = pipelines + 1
}

// admit counts a request and refuses it where it is one too many, with a text and not JSON, as GitLab does.
func (s *Server) admit(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limits.requests == 0 {
		return true
	}
	if s.limits.requests--; s.limits.requests > 0 {
		return true
	}
	header := w.Header()
	seconds := strconv.Itoa(int(s.limits.retryAfter.Seconds()))
	header.Set("Retry-After", seconds)
	header.Set("RateLimit-Name", "throttle_authenticated_api")
	header.Set("RateLimit-Remaining", "0")
	header.Set("RateLimit-Reset", strconv.FormatInt(time.Now().Add(s.limits.retryAfter).Unix(), 10))
	header.Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = io.WriteString(w, "Retry later\n")
	return false
}
