package gitlab_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// scene is a GitLab with a project that pokes and one that is poked, and a developer of both.
type scene struct {
	*testing.T
	server        *gitlabtest.Server
	job, private  gitlab.Token
	base, depends gitlab.Project
}

func newScene(t *testing.T, changes ...func(*gitlabtest.Project)) *scene {
	t.Helper()
	s := &scene{T: t, server: gitlabtest.New(t), base: project(t, "team/base"), depends: project(t, "other/App.x")}
	s.server.AddProject(gitlabtest.Project{
		Path: "team/base", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer},
		Repositories: map[string]map[string]string{"rust": {"v1": "sha256:1", "v2": "sha256:1"}}, ProtectedTags: []string{"v2"},
	})
	dependent := gitlabtest.Project{Path: "other/App.x", Allowlist: []string{"Team/base"}, Inputs: []string{"wave"}, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}}
	for _, change := range changes {
		change(&dependent)
	}
	s.server.AddProject(dependent)
	s.job = gitlab.NewToken(gitlab.Job, s.server.JobToken("ann", "team/base"), "CI_JOB_TOKEN")
	s.private = gitlab.NewToken(gitlab.Private, s.server.PrivateToken("ann"), "BOT_TOKEN")
	return s
}

func project(t *testing.T, path string) gitlab.Project {
	t.Helper()
	p, err := gitlab.ParseProject(path)
	check(t, err)
	return p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *scene) client(token gitlab.Token) *gitlab.Client {
	s.Helper()
	transport, err := gitlab.NewTransport("", "answer=500ms stall=500ms")
	check(s.T, err)
	client, err := gitlab.NewClient(gitlab.Config{
		API: s.server.API(), Token: token, Transport: transport, Patience: 1500 * time.Millisecond, Backoff: time.Millisecond,
	})
	check(s.T, err)
	return client
}

func (s *scene) trigger() (gitlab.Pipeline, error) {
	return s.client(s.job).Trigger(s.Context(), s.depends, s.job, gitlab.PipelineRequest{Ref: "main", Variables: map[string]string{"A": "b"}})
}

func TestTriggerStartsAPipeline(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	got, err := s.trigger()
	check(t, err)
	want := gitlab.Pipeline{ID: got.ID, Ref: "main", SHA: got.SHA, Status: "running", Source: "pipeline", Created: got.Created, URL: fmt.Sprintf("%s/other/App.x/-/pipelines/%d", s.server.URL, got.ID)}
	if diff := cmp.Diff(want, got); diff != "" || got.ID == 0 || got.SHA == "" || got.Created.IsZero() {
		t.Errorf("(-want +got)\n%s", diff)
	}
	request := gitlab.PipelineRequest{Ref: "main", Inputs: map[string]string{"wave": "w1"}}
	owner := gitlab.NewToken(gitlab.Trigger, s.server.TriggerToken("ann", "other/App.x"), "APP_TOKEN")
	_, err = s.client(gitlab.Token{}).Trigger(t.Context(), s.depends, owner, request)
	check(t, err)
	_, err = s.client(s.private).CreatePipeline(t.Context(), s.depends, gitlab.PipelineRequest{Ref: "main", Variables: map[string]string{"C": "d"}})
	check(t, err)
	s.server.Wait()
	var started []string
	for _, p := range s.server.Pipelines("other/App.x") {
		started = append(started, fmt.Sprint(p.Source, " ", p.User, " ", p.Status, " ", p.Variables, " ", p.Inputs))
	}
	wantStarted := []string{"pipeline ann success map[A:b] map[]", "trigger ann success map[] map[wave:w1]", "api ann success map[C:d] map[]"}
	if diff := cmp.Diff(wantStarted, started); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What may be repeated is repeated, what may not be is said to be lost, and nobody is asked twice for what was refused.
func TestFaults(t *testing.T) {
	t.Parallel()
	post, get := http.MethodPost, http.MethodGet
	retry := http.Header{"Retry-After": {"1"}}
	tests := map[string]struct {
		fault gitlabtest.Fault
		// what the call that starts a pipeline, or lists them, ends with, and how many requests it takes
		list     bool
		want     string
		lost     bool
		requests int
		started  int
	}{
		"a read is repeated after 500":            {gitlabtest.Fault{Method: get, Times: 2, Status: 500}, true, "", false, 3, 0},
		"a read is repeated after half an answer": {gitlabtest.Fault{Method: get, Times: 1, How: networktest.Cut}, true, "", false, 2, 0},
		"a read is repeated without an answer":    {gitlabtest.Fault{Method: get, Times: 1, How: networktest.Drop, Lost: true}, true, "", false, 2, 0},
		"a read is repeated when it is slow":      {gitlabtest.Fault{Method: get, Times: 1, Delay: 5 * time.Second}, true, "", false, 2, 0},
		"a read that is refused is not repeated":  {gitlabtest.Fault{Method: get, Status: 403}, true, "answered 403", false, 1, 0},
		"patience ends":                           {gitlabtest.Fault{Method: get, Status: 502}, true, "answered 502", false, 11, 0},
		"too many requests of a kind":             {gitlabtest.Fault{Method: post, Times: 1, Status: 429, Header: retry}, false, "", false, 2, 1},
		"a wait that is too long":                 {gitlabtest.Fault{Method: post, Status: 429, Header: http.Header{"Retry-After": {"3600"}}}, false, "it asks to wait for 1h0m0s", false, 1, 0},
		"a read is repeated after 408":            {gitlabtest.Fault{Method: get, Times: 1, Status: 408}, true, "", false, 2, 0},
		"a read is repeated when it drips":        {gitlabtest.Fault{Method: get, Times: 1, How: networktest.Drip(400 * time.Millisecond)}, true, "", false, 2, 0},
		"a read is repeated when it stops":        {gitlabtest.Fault{Method: get, Times: 1, How: networktest.Stop}, true, "", false, 2, 0},
		"a read is repeated after a reset":        {gitlabtest.Fault{Method: get, Times: 2, How: networktest.Reset}, true, "", false, 3, 0},
		"a read is never answered":                {gitlabtest.Fault{Method: get, How: networktest.Hang}, true, "did not answer within 500ms, in 2 tries: try again later", false, 2, 0},
		"a read is never whole":                   {gitlabtest.Fault{Method: get, How: networktest.Drip(400 * time.Millisecond)}, true, "sent fewer than 512 bytes in 500ms, in 2 tries", false, 2, 0},
		"a trigger is sent once: 408":             {gitlabtest.Fault{Method: post, Status: 408}, false, "answered 408", true, 1, 0},
		"a trigger is sent once: a reset":         {gitlabtest.Fault{Method: post, How: networktest.Reset}, false, "ended the connection before its answer was complete", true, 1, 1},
		"a trigger is sent once: it stops":        {gitlabtest.Fault{Method: post, How: networktest.Stop}, false, "sent fewer than 512 bytes in 500ms", true, 1, 1},
		"a trigger is sent once: 500":             {gitlabtest.Fault{Method: post, Status: 500}, false, "answered 500", true, 1, 0},
		"a trigger is sent once: done, then 502":  {gitlabtest.Fault{Method: post, Done: true, Status: 502}, false, "answered 502", true, 1, 1},
		"a trigger is sent once: half an answer":  {gitlabtest.Fault{Method: post, How: networktest.Cut}, false, "ended the connection before its answer was complete: unexpected EOF", true, 1, 1},
		"a trigger is sent once: no answer":       {gitlabtest.Fault{Method: post, How: networktest.Drop}, false, "did not answer", true, 1, 1},
		"a trigger is sent once: slow":            {gitlabtest.Fault{Method: post, Delay: 5 * time.Second}, false, "accepted the request and did not answer within 500ms: try again later, or set answer in STEMMA_TIMEOUTS", true, 1, 1},
		"a trigger is sent once: a proxy's page":  {gitlabtest.Fault{Method: post, Status: 200, Body: "<html>"}, false, "not what the API's documentation says", true, 1, 0},
		"a trigger that is refused is not lost":   {gitlabtest.Fault{Method: post, Status: 400, Body: `{"message":{"base":["Reference not found"]}}`}, false, "Reference not found", false, 1, 0},
		"a text that is no JSON is not shown":     {gitlabtest.Fault{Method: post, Status: 403, Body: "<html>s3cret"}, false, "403 to POST /projects/other%2FApp%2Ex/trigger/pipeline: Forbidden", false, 1, 0},
		"no redirect is followed with a token":    {gitlabtest.Fault{Method: get, Status: 302, Header: http.Header{"Location": {"http://127.0.0.1:1/"}}}, true, "has moved to http://127.0.0.1:1/", false, 1, 0},
		"a message that would move the cursor":    {gitlabtest.Fault{Method: post, Status: 400, Body: `{"message":"a\u001b[2J\nb` + strings.Repeat("é", 1000) + `"}`}, false, "a·[2J·bé", false, 1, 0},
		"a message of fields":                     {gitlabtest.Fault{Method: post, Status: 422, Body: `{"message":{"ref":["is bad","is long"]}}`}, false, "ref is bad; ref is long", false, 1, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.server.Break(test.fault)
			var err error
			if test.list {
				_, err = s.client(s.job).Pipelines(t.Context(), s.depends, gitlab.PipelineFilter{})
			} else {
				_, err = s.trigger()
			}
			switch {
			case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			case gitlab.IsLost(err) != test.lost:
				t.Errorf("lost is %t", gitlab.IsLost(err))
			}
			if requests := s.server.Requests(); len(requests) != test.requests {
				t.Errorf("got %d requests, want %d: %s", len(requests), test.requests, requests)
			}
			if started := len(s.server.Pipelines("other/App.x")); started != test.started {
				t.Errorf("%d pipelines were started, want %d", started, test.started)
			}
		})
	}
}

func TestLimitsAreWaitedFor(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.server.Limit(0, time.Second)
	begun := time.Now()
	_, err := s.trigger()
	check(t, err)
	if waited := time.Since(begun); waited < time.Second {
		t.Errorf("only %s were waited", waited)
	}
	s.server.LimitPipelines(0)
	_, err = s.trigger()
	check(t, err)
	if started := s.server.Pipelines("other/App.x"); len(started) != 2 {
		t.Errorf("%d pipelines were started", len(started))
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	client, err := gitlab.NewClient(gitlab.Config{API: "http://127.0.0.1:1/api/v4", Patience: time.Second, Backoff: time.Millisecond})
	check(t, err)
	_, err = client.Trigger(t.Context(), project(t, "a/b"), gitlab.NewToken(gitlab.Job, "s3cret", "CI_JOB_TOKEN"), gitlab.PipelineRequest{Ref: "main"})
	if err == nil || !strings.Contains(err.Error(), "GitLab did not answer to POST /projects/a%2Fb/trigger/pipeline: cannot connect to 127.0.0.1:1, in ") || gitlab.IsLost(err) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = client.Pipeline(ctx, project(t, "a/b"), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that is cancelled ends with %v", err)
	}
}

// A server may quote what it was sent.
func TestTokensAreNeverShown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	secret := s.server.PrivateToken("ann")
	s.server.Break(gitlabtest.Fault{Status: 400, Body: `{"message":"bad token ` + secret + `"}`})
	token := gitlab.NewToken(gitlab.Private, secret, "BOT_TOKEN")
	_, first := s.client(token).Info(t.Context(), s.base)
	_, second := s.client(gitlab.Token{}).Trigger(t.Context(), s.base, token, gitlab.PipelineRequest{Ref: "main"})
	for _, shown := range []string{first.Error(), second.Error(), fmt.Sprintf("%v %+v %#v %s", token, token, token, token)} {
		if strings.Contains(shown, secret) || !strings.Contains(shown, "[MASKED]") && !strings.Contains(shown, "BOT_TOKEN") {
			t.Errorf("%s", shown)
		}
	}
}

func TestParseProject(t *testing.T) {
	t.Parallel()
	for text, isGood := range map[string]bool{
		"a/b": true, "A/b.c/d_e-f": true, "1400": true, "_a/1": true,
		"": false, "a": false, "/a/b": false, "a/b/": false, "a//b": false, "a/../b": false, "a/-b": false, "a b/c": false, "0": false,
		"a/b?x": false, "a/b\n": false, "https://gitlab.com/a/b": false, strings.Repeat("a/", 600) + "a": false,
	} {
		p, err := gitlab.ParseProject(text)
		if (err == nil) != isGood || isGood && p.String() != text {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
}

func TestAddressesAreChecked(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "gitlab.com", "ftp://gitlab.com/api/v4", "http://", ":"} {
		if _, err := gitlab.NewClient(gitlab.Config{API: address}); err == nil || !strings.Contains(err.Error(), "it looks like https://gitlab.com/api/v4") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
