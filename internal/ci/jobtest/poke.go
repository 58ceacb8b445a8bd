package jobtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab/gitlabtest"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Here are the labels of an image that the pipeline of the scene built.
func Here() map[string]string {
	return map[string]string{schema.LabelPipelineID: "7", schema.LabelProject: "Group/Project"}
}

// PokeScene is a poke job of the image rust, with a GitLab and a project that depends on it.
type PokeScene struct {
	*Scene
	GitLab *gitlabtest.Server
}

// NewPoke returns the scene of a poke job. The changes are to the dependent other/app.
func NewPoke(t *testing.T, changes ...func(*gitlabtest.Project)) *PokeScene {
	t.Helper()
	s := &PokeScene{New(t), gitlabtest.New(t)}
	s.GitLab.AddProject(gitlabtest.Project{Path: "Group/Project", Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer}})
	dependent := gitlabtest.Project{
		Path: "other/app", Allowlist: []string{"group/project"}, Members: map[string]gitlabtest.Role{"ann": gitlabtest.Developer},
		Branches: []string{"1.2"}, Inputs: []string{"poked_by", "wave", "wave_path", "flavour"},
	}
	for _, change := range changes {
		change(&dependent)
	}
	s.GitLab.AddProject(dependent)
	for name, value := range map[string]string{
		"CI_API_V4_URL": s.GitLab.API(), "CI_SERVER_URL": s.GitLab.URL, "CI_JOB_TOKEN": s.GitLab.JobToken("ann", "Group/Project"),
		"CI_COMMIT_REF_NAME": "main", "CI_JOB_STARTED_AT": time.Now().UTC().Add(-time.Second).Format(time.RFC3339), "GITLAB_USER_LOGIN": "ann",
		schema.VarDependents: "other/app@main",
	} {
		s.Vars[name] = value
	}
	s.Push("group/project/rust:"+ContentTag, Here())
	return s
}

// Started are the pipelines of the dependent.
func (s *PokeScene) Started() []gitlabtest.Pipeline { return s.GitLab.Pipelines("other/app") }

// LeaveOutcome writes what a release job leaves for the poke job.
func (s *PokeScene) LeaveOutcome(content string) {
	Check(s.T, os.WriteFile(filepath.Join(s.Dir, schema.ReleaseFile), []byte(content), 0o644))
}

// MoveTo leaves the outcome of a release of a pipeline that let latest name a digest of a repository.
func (s *PokeScene) MoveTo(pipeline, repository, digest string) {
	s.LeaveOutcome(`{"pipeline":"` + pipeline + `","tags":[],"repository":"` + s.Registry.Host + `/group/project/` + repository + `",
		"release":{"pipeline":` + pipeline + `,"digest":"` + digest + `","wave":"p` + pipeline + `","tags":[{"reference":"r.io/rust:latest"}],"done":true}}`)
}

// Annotations are the links that the poke job left for its page.
func (s *PokeScene) Annotations() map[string][]map[string]map[string]string {
	s.Helper()
	content, err := os.ReadFile(filepath.Join(s.Dir, schema.AnnotationsFile))
	Check(s.T, err)
	var out map[string][]map[string]map[string]string
	Check(s.T, json.Unmarshal(content, &out))
	return out
}
