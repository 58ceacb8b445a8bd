package gitlab_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

func TestWaitForPipelineFollowsItToItsEnd(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, status := range []string{"success", "failed"} {
		s.server.AddPipeline(gitlabtest.Pipeline{Project: "team/base", Ref: "main", Status: status}, "", time.Now())
	}
	wait := gitlab.Wait{Project: s.base, Pause: func(context.Context, time.Duration) error { return nil }}
	var log bytes.Buffer
	passed, err := s.client(s.private).WaitForPipeline(t.Context(), wait, &log)
	check(t, err)
	if passed || !bytes.HasSuffix(log.Bytes(), []byte("\nfailed\nfailed: build\n")) {
		t.Errorf("got passed = %v and the log %q; want false, and the failed job at the end", passed, log.String())
	}
	wait.SHA = "0000"
	if _, err := s.client(s.private).WaitForPipeline(t.Context(), wait, &log); err == nil {
		t.Error("got no error for a commit without a pipeline")
	}
}
