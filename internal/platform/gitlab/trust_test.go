package gitlab_test

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
)

func TestCertificatesOfAnOwnAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id": 1, "status": "success"}`)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	check(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644))
	ask := func(ca string) error {
		transport, err := gitlab.NewTransport(ca, "")
		check(t, err)
		client, err := gitlab.NewClient(gitlab.Config{API: server.URL + "/api/v4", Transport: transport, Patience: time.Millisecond, Backoff: time.Millisecond})
		check(t, err)
		_, err = client.Trigger(t.Context(), project(t, "a/b"), gitlab.NewToken(gitlab.Job, "s3cret", "CI_JOB_TOKEN"), gitlab.PipelineRequest{Ref: "main"})
		return err
	}
	check(t, ask(file))
	if err := ask(""); err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") || gitlab.IsLost(err) {
		t.Errorf("an unknown authority: %v", err)
	}
}

func TestCertificatesThatAreNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if _, err := gitlab.NewTransport(file, ""); err == nil || !strings.Contains(err.Error(), "read the certificates of GitLab") {
		t.Errorf("no file: %v", err)
	}
	if _, err := gitlab.NewTransport("", "answer=never"); err == nil || !strings.Contains(err.Error(), "STEMMA_TIMEOUTS") {
		t.Errorf("no limit: %v", err)
	}
	check(t, os.WriteFile(file, []byte("nothing"), 0o644))
	if _, err := gitlab.NewTransport(file, ""); err == nil || !strings.Contains(err.Error(), "holds no certificates in PEM form") {
		t.Errorf("another file: %v", err)
	}
}
