package review

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
)

// scene is a merge request !1 of team/app, with the user "bot" of the token, who is a Reporter.
type scene struct {
	*testing.T
	server  *gitlabtest.Server
	project gitlab.Project
	secret  string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	project, err := gitlab.ParseProject("team/app")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{T: t, server: gitlabtest.New(t), project: project}
	s.server.AddProject(gitlabtest.Project{Path: "team/app", Members: map[string]gitlabtest.Role{
		"bot": gitlabtest.Reporter, "ann": gitlabtest.Developer, "guest": gitlabtest.Guest,
	}})
	s.server.AddMergeRequest("team/app", "topic")
	s.secret = s.server.PrivateToken("bot")
	return s
}

// comment is the comment that a pipeline writes.
func (s *scene) comment(pipeline int64, text string) Comment {
	return Comment{Project: s.project, MergeRequest: 1, Pipeline: pipeline, Folder: "images", Text: text, HasEffect: true}
}

func (s *scene) keep(c Comment) (Outcome, error) {
	s.Helper()
	transport, err := gitlab.NewTransport("", "answer=500ms stall=500ms")
	if err != nil {
		s.Fatal(err)
	}
	client, err := gitlab.NewClient(gitlab.Config{
		API: s.server.API(), Token: gitlab.NewToken(gitlab.Private, s.secret, TokenVariable), Transport: transport,
		Patience: 1500 * time.Millisecond, Backoff: time.Millisecond,
	})
	if err != nil {
		s.Fatal(err)
	}
	return c.Keep(s.Context(), client)
}

func (s *scene) mustKeep(c Comment, want Outcome) {
	s.Helper()
	if got, err := s.keep(c); err != nil || got != want {
		s.Fatalf("got %q and %v, want %q", got, err, want)
	}
}

// texts are the comments of the bot, without their markers.
func (s *scene) texts() []string {
	var out []string
	for _, note := range s.server.Notes("team/app", 1) {
		if note.Author == "bot" {
			_, text, _ := strings.Cut(note.Body, "\n")
			out = append(out, text)
		}
	}
	return out
}

func (s *scene) has(want ...string) {
	s.Helper()
	if diff := cmp.Diff(want, s.texts()); diff != "" {
		s.Errorf("the comments (-want +got)\n%s", diff)
	}
}

func TestAMergeRequestHasOneComment(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.server.AddNote("team/app", 1, "", "added 1 commit")
	s.mustKeep(s.comment(7, "one"), Added)
	s.mustKeep(s.comment(7, "one"), Unchanged)
	s.mustKeep(s.comment(9, "two"), Updated)
	s.mustKeep(s.comment(8, "of an older pipeline"), Newer)
	s.mustKeep(s.comment(9, "of a repeated job"), Updated)
	s.has("of a repeated job")
}

func TestOneCommentForEachFolder(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	other := s.comment(7, "other")
	other.Folder = "--> other"
	s.mustKeep(s.comment(7, "images"), Added)
	s.mustKeep(other, Added)
	s.mustKeep(other, Unchanged)
	s.has("images", "other")
}

func TestAMergeRequestWithoutAnyEffectGetsNoComment(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	none := s.comment(7, "no effect")
	none.HasEffect = false
	s.mustKeep(none, NotNeeded)
	s.has()
	s.mustKeep(s.comment(8, "an effect"), Added)
	none.Pipeline = 9
	s.mustKeep(none, Updated)
	s.has("no effect")
}

func TestOthersCannotPretend(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	fake := s.comment(999, "no effect at all").body()
	s.server.AddNote("team/app", 1, "ann", fake)
	s.server.AddNote("team/app", 1, "bot", "something that the bot says elsewhere, with\n"+fake)
	s.mustKeep(s.comment(7, "true"), Added)
	if notes := s.server.Notes("team/app", 1); notes[0].Body != fake || len(notes) != 3 {
		t.Errorf("the comments of others changed: %q", notes)
	}
}

// Two pipelines that both found no comment, and a job that was killed before it removed the second one.
func TestASecondCommentIsRemoved(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, pipeline := range []int64{6, 8} {
		s.server.AddNote("team/app", 1, "bot", s.comment(pipeline, "old").body())
	}
	s.mustKeep(s.comment(7, "older"), Newer)
	s.has("old")
	s.mustKeep(s.comment(8, "newest"), Updated)
	s.has("newest")
}

func TestPipelinesAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	var all sync.WaitGroup
	for pipeline := range int64(4) {
		all.Go(func() {
			if _, err := s.keep(s.comment(pipeline+1, "text")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.mustKeep(s.comment(5, "last"), Updated)
	s.has("last")
}

func TestACommentIsFoundAmongManyOthers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for range 150 {
		s.server.AddNote("team/app", 1, "ann", "text")
	}
	s.mustKeep(s.comment(7, "one"), Added)
	s.mustKeep(s.comment(8, "two"), Updated)
	s.has("two")
}

func TestWhatGitLabRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*scene)
		want   string
	}{
		"an expired token":        {func(s *scene) { s.server.End(s.secret) }, "The token in STEMMA_REVIEW_TOKEN has expired or was revoked: rotate it"},
		"a user without the role": {func(s *scene) { s.secret = s.server.PrivateToken("guest") }, "needs the scope api, and its user the role Reporter in team/app"},
		"a stranger":              {func(s *scene) { s.secret = s.server.PrivateToken("eve") }, "add the user to the members of team/app"},
		"a job's own token":       {func(s *scene) { s.secret = s.server.JobToken("ann", "team/app") }, "has expired or was revoked"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.change(s)
			_, err := s.keep(s.comment(7, "text"))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), s.secret) || outside.Is(err) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			s.has()
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	post, put := http.MethodPost, http.MethodPut
	now, later := http.Header{"Retry-After": {"0"}}, http.Header{"Retry-After": {"3600"}}
	tests := map[string]struct {
		fault gitlabtest.Fault
		// updates tells whether there is a comment already; fails, whether this try ends with a failure of something outside.
		updates, fails bool
		want           []string
	}{
		"a few times 502 while reading":     {gitlabtest.Fault{Method: http.MethodGet, Times: 2, Status: 502}, false, false, []string{"new"}},
		"500 for ever":                      {gitlabtest.Fault{Status: 500}, false, true, nil},
		"429, then an answer":               {gitlabtest.Fault{Method: post, Times: 1, Status: 429, Header: now}, false, false, []string{"new"}},
		"429 with a long time":              {gitlabtest.Fault{Method: post, Status: 429, Header: later}, false, true, nil},
		"added, and the answer is lost":     {gitlabtest.Fault{Method: post, How: networktest.Drop}, false, false, []string{"new"}},
		"added, and the answer is 502":      {gitlabtest.Fault{Method: post, Done: true, Status: 502}, false, false, []string{"new"}},
		"not added, and the answer is lost": {gitlabtest.Fault{Method: post, How: networktest.Drop, Lost: true}, false, true, nil},
		"an update is repeated":             {gitlabtest.Fault{Method: put, Times: 1, How: networktest.Cut}, true, false, []string{"new"}},
		"an update that never succeeds":     {gitlabtest.Fault{Method: put, Status: 503}, true, true, []string{"old"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			if test.updates {
				s.mustKeep(s.comment(6, "old"), Added)
			}
			s.server.Break(test.fault)
			_, err := s.keep(s.comment(7, "new"))
			if (err != nil) != test.fails || err != nil && !outside.Is(err) {
				t.Errorf("got %v", err)
			}
			s.has(test.want...)
		})
	}
}

func TestADeletedCommentIsAddedAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.mustKeep(s.comment(6, "old"), Added)
	s.server.DeleteNotes("team/app", 1)
	s.mustKeep(s.comment(7, "new"), Added)
	s.has("new")
	s.server.Break(gitlabtest.Fault{Method: http.MethodPut, Times: 1, How: func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		s.server.DeleteNotes("team/app", 1)
		w.WriteHeader(http.StatusNotFound)
	}})
	s.mustKeep(s.comment(8, "newer"), Added)
	s.has("newer")
}

func TestNoCommentIsACommand(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.mustKeep(s.comment(7, "/merge\n  /close\ntext /label\n```\n/approve\n```\n"), Added)
	notes := s.server.Notes("team/app", 1)
	if len(notes[0].Commands) > 0 {
		t.Errorf("GitLab carries out %q", notes[0].Commands)
	}
	s.has("\\/merge\n  \\/close\ntext /label\n```\n\\/approve\n```\n")
}
