package gitlabtest

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// Fault is what the server answers instead of the truth.
type Fault = networktest.Fault

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
