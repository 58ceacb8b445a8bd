package gitlab_test

import (
	"net/http"
	"strings"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

// TestRetryAfterIsHeeded holds that a request is not repeated before GitLab allows it: one that asks for a longer pause than there is
// patience ends at once, and the message says how long the pause would have been.
func TestRetryAfterIsHeeded(t *testing.T) {
	t.Parallel()
	tests := map[string]gitlabtest.Fault{
		"too many requests":  {Status: http.StatusTooManyRequests},
		"too many pipelines": {Status: http.StatusBadRequest, Body: `{"message":{"base":["Too many pipelines created in the last minute. Try again later."]}}`},
		"it is down":         {Status: http.StatusServiceUnavailable},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			fault.Header = http.Header{"Retry-After": {"600"}}
			s.server.Break(fault)
			_, err := s.client(s.private).WaitForPipeline(t.Context(), gitlab.Wait{Project: s.base}, &strings.Builder{})
			if err == nil || !strings.Contains(err.Error(), "it asks to wait for 10m0s") {
				t.Errorf("the error is %v, want one that names the pause of 10m0s", err)
			}
			if got := len(s.server.Requests()); got != 1 {
				t.Errorf("%d requests, want 1", got)
			}
		})
	}
}
