package gitlab_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
)

// What GitLab refuses has the status and the words that its source gives it.
func TestWhatStartsNoPipeline(t *testing.T) {
	t.Parallel()
	ref, values := func(r *gitlab.PipelineRequest) { r.Ref = "gone" }, func(r *gitlab.PipelineRequest) { r.Variables = map[string]string{"A": "b"} }
	inputs := func(r *gitlab.PipelineRequest) { r.Inputs = map[string]string{"rebuild": "x"} }
	tests := map[string]struct {
		project func(*gitlabtest.Project)
		request func(*gitlab.PipelineRequest)
		status  int
		want    string
	}{
		"not on the allowlist":            {func(p *gitlabtest.Project) { p.Allowlist = nil }, nil, 404, "404 Not Found"},
		"public, not on the allowlist":    {func(p *gitlabtest.Project) { p.Allowlist, p.Public = nil, true }, nil, 400, "Insufficient permissions to create a new pipeline"},
		"no member":                       {func(p *gitlabtest.Project) { p.Members = nil }, nil, 404, "404 Not Found"},
		"a reporter":                      {func(p *gitlabtest.Project) { p.Members["ann"] = gitlabtest.Reporter }, nil, 400, "Insufficient permissions to create a new pipeline"},
		"archived":                        {func(p *gitlabtest.Project) { p.Archived = true }, nil, 400, "Insufficient permissions to create a new pipeline"},
		"protected":                       {func(p *gitlabtest.Project) { p.Protected = []string{"main"} }, nil, 400, "sufficient permission to run a pipeline on 'main'"},
		"no such ref":                     {nil, ref, 400, "Reference not found"},
		"no variables":                    {func(p *gitlabtest.Project) { p.Variables = 99 }, values, 400, "Insufficient permissions to set pipeline variables"},
		"an input that is not declared":   {nil, inputs, 422, "unknown input arguments: rebuild"},
		"no variables, inputs, long ago":  {func(p *gitlabtest.Project) { p.Variables, p.IsOld = 99, true }, nil, 400, "Insufficient permissions to set pipeline variables"},
		"rules that leave everything out": {func(p *gitlabtest.Project) { p.NoJobs = true }, nil, 400, "would have been empty"},
		"moved":                           {func(p *gitlabtest.Project) { p.MovedTo = "new/place" }, nil, 405, "Non GET methods are not allowed for moved projects"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, func(p *gitlabtest.Project) {
				if test.project != nil {
					test.project(p)
				}
			})
			request := gitlab.PipelineRequest{Ref: "main"}
			if test.request != nil {
				test.request(&request)
			}
			_, err := s.client(s.job).Trigger(t.Context(), s.depends, s.job, request)
			if gitlab.Status(err) != test.status || !strings.Contains(err.Error(), test.want) || gitlab.IsLost(err) {
				t.Errorf("got %v, want %d %s", err, test.status, test.want)
			}
			if started := s.server.Pipelines("other/App.x"); len(started) > 0 && started[0].Status != "failed" {
				t.Errorf("a pipeline was started: %v", started)
			}
		})
	}
}

func TestWhatTokensMayDo(t *testing.T) {
	t.Parallel()
	calls := map[string]func(*scene, *gitlab.Client) error{
		"read pipelines": func(s *scene, c *gitlab.Client) error {
			_, err := c.Pipelines(s.Context(), s.depends, gitlab.PipelineFilter{})
			return err
		},
		"read merge requests": func(s *scene, c *gitlab.Client) error {
			_, err := c.MergeRequests(s.Context(), s.depends, gitlab.MergeRequestFilter{})
			return err
		},
		"read its registry": func(s *scene, c *gitlab.Client) error {
			_, err := c.RegistryRepositories(s.Context(), s.base)
			return err
		},
		"read another's registry": func(s *scene, c *gitlab.Client) error {
			_, err := c.RegistryRepositories(s.Context(), s.depends)
			return err
		},
		"read the project": func(s *scene, c *gitlab.Client) error {
			_, err := c.Info(s.Context(), s.depends)
			return err
		},
		"create a pipeline": func(s *scene, c *gitlab.Client) error {
			_, err := c.CreatePipeline(s.Context(), s.depends, gitlab.PipelineRequest{Ref: "main"})
			return err
		},
		"lint": func(s *scene, c *gitlab.Client) error {
			_, err := c.Lint(s.Context(), s.depends, "a: {script: b}")
			return err
		},
	}
	// The statuses of a job token, of one of a job that ended, of an access token, and of nobody.
	want := map[string][4]int{
		"read pipelines": {0, 401, 0, 404}, "read merge requests": {0, 401, 0, 404},
		"read its registry": {0, 401, 0, 404}, "read another's registry": {404, 401, 0, 404}, "read the project": {404, 404, 0, 404},
		"create a pipeline": {401, 401, 0, 401}, "lint": {401, 401, 0, 401},
	}
	for name, ask := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			ended := s.server.JobToken("ann", "team/base")
			s.server.End(ended)
			var got [4]int
			for i, token := range []gitlab.Token{s.job, gitlab.NewToken(gitlab.Job, ended, "CI_JOB_TOKEN"), s.private, {}} {
				got[i] = gitlab.Status(ask(s, s.client(token)))
			}
			if got != want[name] {
				t.Errorf("got %v, want %v", got, want[name])
			}
		})
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	job, private := s.server.JobToken("ann", "team/base"), s.server.PrivateToken("ann")
	s.server.End(job)
	s.server.End(private)
	_, err := s.client(s.job).Trigger(t.Context(), s.depends, gitlab.NewToken(gitlab.Job, job, "CI_JOB_TOKEN"), gitlab.PipelineRequest{Ref: "main"})
	if gitlab.Status(err) != 401 || !strings.Contains(err.Error(), "Job is not running") {
		t.Errorf("got %v", err)
	}
	_, err = s.client(gitlab.NewToken(gitlab.Private, private, "BOT")).Info(t.Context(), s.base)
	if gitlab.Status(err) != 401 || !strings.Contains(err.Error(), "Token was revoked") {
		t.Errorf("got %v", err)
	}
}

func TestPipelinesAreFoundAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	made, err := s.trigger()
	check(t, err)
	s.server.Wait()
	client := s.client(s.job)
	all := func(filter gitlab.PipelineFilter) int {
		found, err := client.Pipelines(t.Context(), s.depends, filter)
		check(t, err)
		return len(found)
	}
	got := [...]int{
		all(gitlab.PipelineFilter{}), all(gitlab.PipelineFilter{Ref: "main", Source: "pipeline", Status: gitlab.Success, SHA: made.SHA}),
		all(gitlab.PipelineFilter{Ref: "x"}), all(gitlab.PipelineFilter{Source: "push"}), all(gitlab.PipelineFilter{Status: gitlab.Failed}),
		all(gitlab.PipelineFilter{After: made.Created.Add(-1)}), all(gitlab.PipelineFilter{After: made.Created.Add(1e9)}), all(gitlab.PipelineFilter{Name: "x"}),
	}
	if want := [...]int{1, 1, 0, 0, 0, 1, 0, 0}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	now, err := client.Pipeline(t.Context(), s.depends, made.ID)
	check(t, err)
	if now.Status != gitlab.Success || !now.Status.IsEnd() || made.Status.IsEnd() {
		t.Errorf("it was %s and is %s", made.Status, now.Status)
	}
	jobs, err := client.Jobs(t.Context(), s.depends, made.ID)
	check(t, err)
	if len(jobs) != 1 || jobs[0].Name != "build" || jobs[0].Status != gitlab.Success {
		t.Errorf("the jobs are %v", jobs)
	}
	if _, err = client.Pipeline(t.Context(), s.depends, 1); gitlab.Status(err) != http.StatusNotFound {
		t.Errorf("got %v", err)
	}
}

func TestMergeRequests(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(p *gitlabtest.Project) { p.Branches = append(p.Branches, "feature/x") })
	client := s.client(s.private)
	draft := gitlab.MergeRequestDraft{Source: "feature/x", Target: "main", Title: "Move", Description: "why", Labels: []string{"ci", "stemma"}}
	made, err := client.CreateMergeRequest(t.Context(), s.depends, draft)
	check(t, err)
	if _, err = client.CreateMergeRequest(t.Context(), s.depends, draft); gitlab.Status(err) != 409 || !strings.Contains(err.Error(), "Another open merge request already exists for this source branch: !1") {
		t.Errorf("a second one: %v", err)
	}
	_, err = client.UpdateMergeRequest(t.Context(), s.depends, made.IID, gitlab.MergeRequestDraft{Title: "Move on"})
	check(t, err)
	found, err := client.MergeRequests(t.Context(), s.depends, gitlab.MergeRequestFilter{State: "opened", Source: "feature/x", Target: "main"})
	check(t, err)
	want := []gitlab.MergeRequest{{
		IID: 1, Title: "Move on", Description: "why", State: "opened", Source: "feature/x", Target: "main", SHA: made.SHA,
		Labels: []string{"ci", "stemma"}, URL: s.server.URL + "/other/App.x/-/merge_requests/1",
	}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	client := s.client(s.private)
	repositories, err := client.RegistryRepositories(t.Context(), s.base)
	check(t, err)
	if len(repositories) != 1 || repositories[0].Path != "team/base/rust" {
		t.Fatalf("the repositories are %v", repositories)
	}
	id := repositories[0].ID
	check(t, client.DeleteRegistryTag(t.Context(), s.base, id, "v1"))
	if err = client.DeleteRegistryTag(t.Context(), s.base, id, "v2"); gitlab.Status(err) != 403 || !strings.Contains(err.Error(), "protected container image tag") {
		t.Errorf("a protected tag: %v", err)
	}
	tags, err := client.RegistryTags(t.Context(), s.base, id)
	check(t, err)
	if diff := cmp.Diff([]gitlab.RegistryTag{{Name: "v2"}}, tags); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	tags := map[string]string{}
	for i := range 250 {
		tags[fmt.Sprintf("v%03d", i)] = "sha256:1"
	}
	s := newScene(t, func(p *gitlabtest.Project) { p.Repositories = map[string]map[string]string{"many": tags} })
	client := s.client(s.private)
	repositories, err := client.RegistryRepositories(t.Context(), s.depends)
	check(t, err)
	s.server.Requests()
	found, err := client.RegistryTags(t.Context(), s.depends, repositories[0].ID)
	check(t, err)
	if len(found) != 250 || found[0].Name != "v000" || found[249].Name != "v249" || len(s.server.Requests()) != 3 {
		t.Errorf("%d tags were found", len(found))
	}
}

func TestInfoAndLint(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	client := s.client(s.private)
	info, err := client.Info(t.Context(), s.depends)
	check(t, err)
	if diff := cmp.Diff(gitlab.ProjectInfo{DefaultBranch: "main"}, info); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	good, err := client.Lint(t.Context(), s.depends, "a: {script: b}")
	check(t, err)
	bad, err := client.Lint(t.Context(), s.depends, "nothing")
	check(t, err)
	if !good.Valid || bad.Valid || len(bad.Errors) != 1 {
		t.Errorf("got %v and %v", good, bad)
	}
}
