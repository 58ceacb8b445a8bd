package poke_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobtest"
	"gitlab.com/stemma-ci/stemma/internal/ci/poke"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/internal/platform/network/networktest"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci/ocitest"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// refuse makes GitLab answer every request that starts a pipeline with a status and a message.
func refuse(s *jobtest.PokeScene, status int, message string) {
	s.GitLab.Break(gitlabtest.Fault{Method: http.MethodPost, Status: status, Body: `{"message":"` + message + `"}`})
}

// A refusal ends with what to do about it. The messages are those of GitLab's own code.
func TestPokeAdvises(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status        int
		message, user string
		want          string
	}{
		"no such ref":               {400, "Reference not found", "ann", "To do: it has no branch or tag main; correct the ref in the dependents."},
		"no such ref, as 422":       {422, "Reference not found", "ann", "To do: it has no branch or tag main; correct the ref in the dependents."},
		"no job":                    {400, "No stages / jobs for this pipeline.", "ann", `To do: its rules leave out every job: give one a rule such as $STEMMA_POKED_BY == "group/project/rust".`},
		"no job for a trigger":      {400, "Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to the pipeline.", "ann", `To do: its rules leave out every job: give one a rule such as $STEMMA_POKED_BY == "group/project/rust".`},
		"workflow rules":            {400, "Pipeline filtered out by workflow rules.", "ann", "To do: its workflow: rules leave the pipeline out: add one such as $STEMMA_POKED_BY."},
		"no configuration":          {400, "Missing CI config file", "ann", "To do: it has no .gitlab-ci.yml on main."},
		"no CI/CD":                  {400, "Pipelines are disabled!", "ann", "To do: switch CI/CD on there under Settings > General > Visibility."},
		"a role that is too low":    {403, "403 Forbidden", "ann", "To do: make ann, who started this pipeline, a Developer of it, and see that it is not archived."},
		"nobody knows who began it": {403, "403 Forbidden", "", "To do: make the user, who started this pipeline, a Developer of it, and see that it is not archived."},
		"a token that has expired":  {401, "401 Unauthorized", "ann", "To do: GitLab refuses the job token in CI_JOB_TOKEN: see whether it has expired."},
		"an answer without advice":  {405, "405 Not Allowed", "ann", "405 Not Allowed\n"},
		"a message without advice":  {400, "something new", "ann", "something new\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Vars["GITLAB_USER_LOGIN"] = test.user
			refuse(s, test.status, test.message)
			if err := s.Poke(); !errors.Is(err, poke.ErrFailed) {
				t.Errorf("got %v, want %v", err, poke.ErrFailed)
			}
			if !strings.Contains(s.Log.String(), test.want) {
				t.Errorf("got the log\n%s\nwant %q in it", s.Log.String(), test.want)
			}
		})
	}
}

// GitLab repeats a job that fails outside of the project: a job that may have started a pipeline must not end so.
func TestPokeIsRepeatedOnlyIfItStartedNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		dependents string
		faults     []gitlabtest.Fault
		isRepeated bool
		want       string
	}{
		"nothing was started": {
			"other/app@main", []gitlabtest.Fault{{Method: http.MethodPost, Status: 500}}, true, "poke other/app@main: GitLab answered 500",
		},
		"the first was started": {
			"other/app@main\nother/app@1.2",
			[]gitlabtest.Fault{{Method: http.MethodPost, After: 1, Status: 500}},
			false, "run this job again: dependents that were poked find nothing to do",
		},
		"one may have been started": {
			"other/app@main",
			[]gitlabtest.Fault{{Method: http.MethodPost, How: networktest.Drop}, {Method: http.MethodGet, Status: 403}},
			false, "run this job again if there is none",
		},
		"one was started and cannot be followed": {
			"other/app@main wait=true",
			[]gitlabtest.Fault{{Method: http.MethodGet, Status: 500}},
			false, "/other/app/-/pipelines/",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			s.Vars[schema.VarDependents] = test.dependents
			for _, fault := range test.faults {
				s.GitLab.Break(fault)
			}
			err := s.Poke()
			if err == nil || errors.Is(err, poke.ErrFailed) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if got := outside.Is(err); got != test.isRepeated {
				t.Errorf("GitLab repeats the job: got %t, want %t", got, test.isRepeated)
			}
		})
	}
}

// The next pipeline pokes those that could not be poked, in the same wave, and nobody a second time.
func TestTheNextPipelinePokesThoseThatAreLeft(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		dependents string
		first      func(*jobtest.PokeScene)
		want       string
		started    int
	}{
		"one that was refused": {"other/app@main\nother/app@1.2", func(s *jobtest.PokeScene) {
			s.GitLab.Break(gitlabtest.Fault{Method: http.MethodPost, Times: 1, Status: 403})
		}, "1 of 2 dependents were not reached before", 2},
		"those after GitLab served no more": {"other/app@main\nother/app@1.2\nother/app@main", func(s *jobtest.PokeScene) {
			s.GitLab.Break(gitlabtest.Fault{Method: http.MethodPost, Times: 1, Status: 429, Header: http.Header{"Retry-After": {"600"}}})
		}, "3 of 3 dependents were not reached before", 3},
		"its own branch": {"group/project@main\nother/app@main", nil, "1 of 2 dependents were not reached before", 1},
		"none":           {"other/app@main", nil, "pipeline 7 told them of sha256:", 1},
		"none after a cycle": {"other/app@main", func(s *jobtest.PokeScene) {
			s.Vars["STEMMA_POKED_BY"], s.Vars["STEMMA_WAVE"], s.Vars["STEMMA_WAVE_PATH"] = "team/b/y", "p7", "group/project/rust,team/b/y"
		}, "pipeline 7 told them of sha256:", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			built := s.Digest("group/project/rust:" + jobtest.ContentTag)
			s.Vars[schema.VarDependents] = test.dependents
			if test.first != nil {
				test.first(s)
			}
			_ = s.Poke()
			s.Log.Reset()
			s.Vars["CI_PIPELINE_ID"], s.Vars["STEMMA_DIGEST_RUST"] = "8", built
			for _, variable := range []string{"STEMMA_POKED_BY", "STEMMA_WAVE", "STEMMA_WAVE_PATH"} {
				delete(s.Vars, variable)
			}
			_ = s.Poke()
			if !strings.Contains(s.Log.String(), test.want) {
				t.Errorf("got the log\n%s\nwant %q in it", s.Log.String(), test.want)
			}
			started := s.Started()
			if len(started) != test.started {
				t.Errorf("got %d pipelines, want %d\n%s", len(started), test.started, s.Log.String())
			}
			for _, one := range started {
				if one.Variables[schema.VarWave] != "p7" {
					t.Errorf("got the wave %s, want p7", one.Variables[schema.VarWave])
				}
			}
		})
	}
}

// A retry of the job that a cycle stopped stops again: it has told nobody.
func TestARetryStopsAtTheSameCycle(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	s.Vars["STEMMA_POKED_BY"], s.Vars["STEMMA_WAVE"], s.Vars["STEMMA_WAVE_PATH"] = "team/b/y", "p3", "group/project/rust,team/b/y"
	for range 2 {
		if err := s.Poke(); !errors.Is(err, poke.ErrFailed) {
			t.Errorf("got %v, want %v\n%s", err, poke.ErrFailed, s.Log.String())
		}
	}
}

// followed is a poke whose pipelines end in a state as soon as the job has waited once.
func followed(t *testing.T, dependents, end string) *jobtest.PokeScene {
	t.Helper()
	s := jobtest.NewPoke(t)
	release := make(chan struct{})
	s.GitLab.OnPipeline = func(gitlabtest.Pipeline) string {
		<-release
		return end
	}
	s.OnWait = sync.OnceFunc(func() {
		close(release)
		s.GitLab.Wait()
	})
	s.Vars[schema.VarDependents] = dependents
	return s
}

func TestPokeWaitsForThoseThatWantIt(t *testing.T) {
	t.Parallel()
	s := followed(t, "other/app@main\nother/app@1.2 wait=true", "success")
	jobtest.Check(t, s.Poke())
	if log := s.Log.String(); strings.Contains(log, "other/app@main: wait for") || !strings.Contains(log, "other/app@1.2: wait for pipeline") {
		t.Errorf("got the log\n%s\nwant to wait for other/app@1.2 alone", log)
	}
}

func TestAPipelineThatEndedNeedsNoRetry(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end   string
		fails bool
		// before is the status of the dependent's last pipeline without a poke; it may be empty.
		before string
		// started counts the pipelines after a retry.
		started int
	}{
		"success":                {"success", false, "", 1},
		"skipped":                {"skipped", false, "", 1},
		"manual":                 {"manual", false, "", 1},
		"failed as before":       {"failed", false, "failed", 1},
		"failed":                 {"failed", true, "", 2},
		"failed after a success": {"failed", true, "success", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := followed(t, "other/app@main wait=true", test.end)
			if test.before != "" {
				s.GitLab.AddPipeline(gitlabtest.Pipeline{Project: "other/app", Ref: "main", Source: "push", Status: test.before}, "", time.Now().Add(-time.Hour))
				test.started++
			}
			for range 2 {
				if err := s.Poke(); errors.Is(err, poke.ErrFailed) != test.fails {
					t.Errorf("got %v, want a failure: %t\n%s", err, test.fails, s.Log.String())
				}
			}
			if got := len(s.Started()); got != test.started {
				t.Errorf("got %d pipelines, want %d\n%s", got, test.started, s.Log.String())
			}
		})
	}
}

func TestAFailureOfAnotherBranchIsNoExcuse(t *testing.T) {
	t.Parallel()
	s := followed(t, "other/app@main wait=true", "failed")
	s.GitLab.AddPipeline(gitlabtest.Pipeline{Project: "other/app", Ref: "1.2", Source: "push", Status: "failed"}, "", time.Now().Add(-time.Hour))
	if err := s.Poke(); !errors.Is(err, poke.ErrFailed) {
		t.Errorf("got %v, want %v\n%s", err, poke.ErrFailed, s.Log.String())
	}
}

// If the pipelines before cannot be read, the failure counts.
func TestAFailureCountsIfNothingIsKnownOfTheOneBefore(t *testing.T) {
	t.Parallel()
	s := followed(t, "other/app@main wait=true", "failed")
	s.GitLab.Break(gitlabtest.Fault{Method: http.MethodGet, After: 2, Status: 403})
	if err := s.Poke(); !errors.Is(err, poke.ErrFailed) || !strings.Contains(s.Log.String(), "it is not known how the one before ended") {
		t.Errorf("got %v\n%s", err, s.Log.String())
	}
}

// Nobody is poked about an image that has not passed its tests, nor from a trial rebuild.
func TestPokeRequiresTests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		variable, value string
		tested          string
		pokes           bool
		wantErr, log    string
	}{
		"tested":              {schema.VarRequiredTests, "in", "in", true, "", "this pipeline built"},
		"untested":            {schema.VarRequiredTests, "in", "", false, "nobody is poked: ", ""},
		"no tests are asked":  {schema.VarRequiredTests, "", "", true, "", "this pipeline built"},
		"a snapshot of a tag": {schema.VarSnapshot, "20261120", "", false, "", "Nobody is poked: snapshots are never released."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobtest.NewPoke(t)
			labels := jobtest.Made(test.tested)
			for name, value := range jobtest.Here() {
				labels[name] = value
			}
			s.Push("group/project/rust:"+jobtest.ContentTag, labels)
			s.Vars[test.variable] = test.value
			err := s.Poke()
			if test.wantErr == "" && err != nil || test.wantErr != "" && (err == nil || !strings.Contains(err.Error(), test.wantErr)) {
				t.Errorf("got %v, want %q", err, test.wantErr)
			}
			if got := len(s.Started()) == 1; got != test.pokes || !strings.Contains(s.Log.String(), test.log) {
				t.Errorf("poked: got %t, want %t\n%s", got, test.pokes, s.Log.String())
			}
		})
	}
}

// A release that had a reason to move no tag is that reason for the poke.
func TestPokeRepeatsWhyNoTagMoved(t *testing.T) {
	t.Parallel()
	s := jobtest.NewPoke(t)
	s.LeaveOutcome(`{"pipeline":"7","tags":[],"repository":"` + s.Registry.Host + `/group/project/rust","stays":"a rollback holds it"}`)
	jobtest.Check(t, s.Poke())
	if !strings.Contains(s.Log.String(), "Nobody is poked: a rollback holds it.") || len(s.Started()) > 0 {
		t.Errorf("got %d pipelines, want none\n%s", len(s.Started()), s.Log.String())
	}
}

// A poke that cannot be recorded is done all the same, and says so.
func TestPokeWarnsWithoutItsRecord(t *testing.T) {
	t.Parallel()
	const warning = "Warning: this poke is not recorded: "
	s := jobtest.NewPoke(t)
	jobtest.Check(t, s.Poke())
	if strings.Contains(s.Log.String(), warning) {
		t.Errorf("got a warning, want none\n%s", s.Log.String())
	}
	s = jobtest.NewPoke(t)
	s.Registry.Break(ocitest.Fault{Method: http.MethodPut, Status: http.StatusForbidden})
	jobtest.Check(t, s.Poke())
	if !strings.Contains(s.Log.String(), warning) || len(s.Started()) != 1 {
		t.Errorf("got %d pipelines, want one and the warning %q\n%s", len(s.Started()), warning, s.Log.String())
	}
}
