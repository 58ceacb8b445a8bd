package update

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema"
)

// ask starts a pipeline of the project on the same branch that rebuilds the stale images by name. Images whose parents moved in different
// waves get separate pipelines. If an answer is lost, ask does not repeat the request: the next check finds the images again.
func (u *updates) ask(ctx context.Context, report *Report) error {
	stale := map[string][]string{}
	for _, image := range report.Images {
		if image.Verdict == Stale {
			stale[image.Wave] = append(stale[image.Wave], image.Image)
		}
	}
	if len(stale) == 0 {
		return nil
	}
	secret := u.Getenv("CI_JOB_TOKEN")
	if secret == "" {
		for _, id := range slices.Sorted(maps.Keys(stale)) {
			u.Log.Printf("There is no CI_JOB_TOKEN; start a pipeline with %s=%s to rebuild them.", schema.VarRebuild, strings.Join(stale[id], ","))
		}
		return nil
	}
	project, err := gitlab.ParseProject(u.Getenv("CI_PROJECT_PATH"))
	if err != nil {
		return jobenv.Invalid(fmt.Errorf("CI_PROJECT_PATH: %w", err))
	}
	token := gitlab.NewToken(gitlab.Job, secret, "CI_JOB_TOKEN")
	client, err := u.GitLab(token)
	if err != nil {
		return jobenv.Invalid(err)
	}
	for _, id := range slices.Sorted(maps.Keys(stale)) {
		pipeline, err := u.rebuild(ctx, client, project, token, strings.Join(stale[id], ","), id)
		if err != nil {
			return fmt.Errorf("ask for the rebuild of %s: %w", strings.Join(stale[id], ", "), err)
		}
		report.Pipelines = append(report.Pipelines, pipeline.URL)
	}
	return nil
}

// rebuild starts one pipeline, with variables or, in a project that lets nobody set any, with inputs.
func (u *updates) rebuild(ctx context.Context, client *gitlab.Client, project gitlab.Project, token gitlab.Token, names, id string) (gitlab.Pipeline, error) {
	request := gitlab.PipelineRequest{Ref: u.Getenv("CI_COMMIT_REF_NAME"), Variables: map[string]string{schema.VarRebuild: names, schema.VarWave: id}}
	inputs := gitlab.PipelineRequest{Ref: request.Ref, Inputs: map[string]string{schema.InputRebuild: names, schema.InputWave: id}}
	if id == "" {
		delete(request.Variables, schema.VarWave)
		delete(inputs.Inputs, schema.InputWave)
	}
	pipeline, err := client.Trigger(ctx, project, token, request)
	if status := gitlab.Status(err); status != http.StatusBadRequest && status != http.StatusForbidden {
		return pipeline, err
	}
	u.Log.Printf("The project refuses pipeline variables (%v); the images are named by inputs.", err)
	pipeline, second := client.Trigger(ctx, project, token, inputs)
	if second == nil {
		return pipeline, nil
	}
	return gitlab.Pipeline{}, fmt.Errorf("neither variables (%v) nor inputs are accepted (%w): allow pipeline variables for developers under Settings > CI/CD > Variables, or declare the input %s in .gitlab-ci.yml", err, second, schema.InputRebuild) //nolint:errorlint // one cause is enough
}
