package bump

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
)

// scene is a project with two pipelines of main that have not ended, and others.
type scene struct {
	*bumping
	server *gitlabtest.Server
	api    remoteProject
	out    bytes.Buffer
}

const app = "team/app"

func newScene(t *testing.T, choice Running, answer string) *scene {
	t.Helper()
	s := &scene{server: gitlabtest.New(t)}
	s.server.AddProject(gitlabtest.Project{Path: app, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}, Inputs: []string{"level"}})
	for _, p := range []gitlabtest.Pipeline{
		{Ref: "main", Status: "success"}, {Ref: "main", Status: "running"}, {Ref: "other", Status: "running"}, {Ref: "main", Status: "pending"},
	} {
		p.Project = app
		s.server.AddPipeline(p, "", time.Now())
	}
	environ := map[string]string{"CI_API_V4_URL": s.server.API(), "GITLAB_TOKEN": s.server.PrivateToken("ann")}
	client, err := gitlab.ConnectUser(func(name string) string { return environ[name] }, "")
	if err != nil {
		t.Fatal(err)
	}
	project, err := gitlab.ParseProject(app)
	if err != nil {
		t.Fatal(err)
	}
	s.api = remoteProject{client, project}
	s.bumping = &bumping{
		Options: Options{Running: choice, WaitLimit: time.Minute}, std: cli.Streams{In: strings.NewReader(answer), Out: &s.out, Err: &s.out},
		asks: answer != "", interval: time.Millisecond,
	}
	return s
}

// states are those of the pipelines, by their refs, the oldest first.
func (s *scene) states() string {
	var states []string
	for _, p := range s.server.Pipelines(app) {
		states = append(states, p.Ref+" "+p.Status)
	}
	return strings.Join(states, ", ")
}

func TestPipelinesThatRunAlready(t *testing.T) {
	t.Parallel()
	const before = "main success, main running, other running, main pending"
	tests := map[string]struct {
		choice       Running
		answer       string
		states, says string
		wantErr      string
	}{
		"continue":            {choice: continues, states: before, says: "/-/pipelines/"},
		"cancel":              {choice: cancel, states: "main success, main canceled, other running, main canceled", says: ": canceled\n"},
		"nobody to ask":       {states: before, says: "Pipelines of main that have not ended:\n", wantErr: "--running wait, --running cancel or --running continue"},
		"the answer cancel":   {answer: "Cancel\n", states: "main success, main canceled, other running, main canceled", says: "[wait/cancel/continue] "},
		"the answer continue": {answer: "continue\n", states: before, says: "[wait/cancel/continue] "},
		"no answer":           {answer: "\n", states: before, wantErr: "no pipeline was started"},
		"an end of the input": {answer: "wait", states: before, wantErr: "--running wait"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, test.choice, test.answer)
			err := s.makeRoom(t.Context(), s.api, "main")
			if (err == nil) != (test.wantErr == "") || err != nil && !strings.Contains(err.Error(), test.wantErr) {
				t.Errorf("got %v, want %q", err, test.wantErr)
			}
			if got := s.states(); got != test.states {
				t.Errorf("got %s, want %s", got, test.states)
			}
			if !strings.Contains(s.out.String(), test.says) || strings.Contains(s.out.String(), "other") {
				t.Errorf("got %q, want %q", s.out.String(), test.says)
			}
		})
	}
}

func TestPipelinesOfMergeRequestsThatRunAlready(t *testing.T) {
	t.Parallel()
	s := newScene(t, cancel, "")
	s.server.AddMergeRequest(app, "topic")
	s.server.AddMergeRequest(app, "main")
	for _, ref := range []string{"topic", "refs/merge-requests/1/head", "refs/merge-requests/1/merge", "refs/merge-requests/1/train", "refs/merge-requests/2/head"} {
		s.server.AddPipeline(gitlabtest.Pipeline{Project: app, Ref: ref, Status: "running"}, "", time.Now())
	}
	if err := s.makeRoom(t.Context(), s.api, "topic"); err != nil {
		t.Fatal(err)
	}
	const want = "topic canceled, refs/merge-requests/1/head canceled, refs/merge-requests/1/merge canceled, refs/merge-requests/1/train canceled, refs/merge-requests/2/head running"
	if got := s.states(); !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want at the end %s", got, want)
	}
}

func TestNothingRunsAlready(t *testing.T) {
	t.Parallel()
	s := newScene(t, "", "")
	if err := s.makeRoom(t.Context(), s.api, "quiet"); err != nil || s.out.Len() > 0 {
		t.Errorf("got %v and %q, want nothing", err, s.out.String())
	}
}

// The second pipeline begins while the first is waited for.
func TestWaitForPipelinesThatRunAlready(t *testing.T) {
	t.Parallel()
	s := newScene(t, waitFor, "")
	end := func(status string) {
		for _, p := range s.server.Pipelines(app) {
			if p.Ref == "main" && p.Status != "success" {
				s.server.SetStatus(app, p.ID, status)
			}
		}
	}
	waited := make(chan error, 1)
	go func() { waited <- s.makeRoom(t.Context(), s.api, "main") }()
	for seen := 0; seen < 6; {
		seen += len(s.server.Requests())
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-waited:
		t.Fatalf("it waits no longer: %v\n%s", err, s.out.String())
	default:
	}
	s.server.AddPipeline(gitlabtest.Pipeline{Project: app, Ref: "main", Status: "running"}, "", time.Now())
	end("failed")
	if err := <-waited; err != nil {
		t.Error(err)
	}
}

func TestTheWaitHasALimit(t *testing.T) {
	t.Parallel()
	s := newScene(t, waitFor, "")
	s.WaitLimit = 50 * time.Millisecond
	if err := s.makeRoom(t.Context(), s.api, "main"); err == nil || !strings.Contains(err.Error(), "pipelines of main still run after 50ms; no pipeline was started") {
		t.Errorf("got %v", err)
	}
}

// Pipelines end, or are deleted, while the command looks at them.
func TestPipelinesThatEndMeanwhile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault   gitlabtest.Fault
		wantErr string
	}{
		"it has ended":          {},
		"it is deleted":         {fault: gitlabtest.Fault{Path: "/cancel", Status: http.StatusNotFound, Body: `{"message":"404 Not found"}`}},
		"the answer is lost":    {fault: gitlabtest.Fault{Path: "/cancel", How: networktest.Drop}},
		"it may not be stopped": {gitlabtest.Fault{Path: "/cancel", Status: http.StatusForbidden, Body: `{"message":"403 Forbidden"}`}, "no pipeline was started"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, cancel, "")
			running, err := s.running(t.Context(), s.api, "main")
			if err != nil || len(running) != 2 {
				t.Fatalf("got %v, %v", running, err)
			}
			s.server.SetStatus(app, running[0].ID, "success")
			if test.fault.Path != "" {
				s.server.Break(test.fault)
			}
			if err := s.cancel(t.Context(), s.api, running); (err == nil) != (test.wantErr == "") || err != nil && !strings.Contains(err.Error(), test.wantErr) {
				t.Errorf("got %v, want %q", err, test.wantErr)
			}
			all := s.server.Pipelines(app)
			if i := slices.IndexFunc(all, func(p gitlabtest.Pipeline) bool { return p.ID == running[0].ID }); all[i].Status != "success" {
				t.Errorf("got the state %s of a pipeline that had ended", all[i].Status)
			}
		})
	}
}

func TestAssignments(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"TOKEN": "from the environment"}
	tests := map[string]struct {
		written []string
		want    string
		wantErr string
	}{
		"a value":          {written: []string{"A=b=c, d"}, want: "b=c, d"},
		"an empty value":   {written: []string{"A="}},
		"the environment":  {written: []string{"TOKEN"}, want: "from the environment"},
		"no value":         {written: []string{"OTHER"}, wantErr: "the environment has no variable OTHER: write OTHER=VALUE"},
		"no name":          {written: []string{"=s3cret"}, wantErr: "--variable needs NAME=VALUE"},
		"another name":     {written: []string{"a b=s3cret"}, wantErr: "--variable needs NAME=VALUE"},
		"given twice":      {written: []string{"A=s3cret", "A=s3cret"}, wantErr: "--variable A is given twice"},
		"several lines":    {written: []string{"A=1\n2"}, want: "1\n2"},
		"a secret, no '='": {written: []string{"s3cret-token"}, wantErr: "--variable needs NAME=VALUE"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := assignments("--variable", test.written, variableName().MatchString, func(name string) string { return environ[name] })
			if (err == nil) != (test.wantErr == "") || err != nil && !strings.Contains(err.Error(), test.wantErr) {
				t.Errorf("got %v, want %q", err, test.wantErr)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error has the value: %v", err)
			}
			var usage cli.UsageError
			if err != nil && !errors.As(err, &usage) {
				t.Errorf("got %T, want wrong usage", err)
			}
			if value := cmp.Or(got["A"], got["TOKEN"]); value != test.want {
				t.Errorf("got %q, want %q", value, test.want)
			}
		})
	}
}

// GitLab quotes the value of an input that it rejects.
func TestGitLabsAnswerIsMasked(t *testing.T) {
	t.Parallel()
	s := newScene(t, "", "")
	s.start.Inputs = map[string]string{"level": "hunter2"}
	s.start.Variables = map[string]string{"LONG": "hunter2hunter2", "LINES": "one\ntwo"}
	s.server.Break(gitlabtest.Fault{
		Method: http.MethodPost, Path: "/pipeline", Status: http.StatusUnprocessableEntity,
		Body: `{"message":{"base":["` + "`level` input: `hunter2` cannot be used, nor hunter2hunter2 or one\\ntwo" + `"]}}`,
	})
	err := s.trigger(t.Context(), s.api, "main")
	want := "no pipeline was started: GitLab answered 422 to POST /projects/team%2Fapp/pipeline: `level` input: `[MASKED]` cannot be used, nor [MASKED] or [MASKED]"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
