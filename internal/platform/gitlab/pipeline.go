package gitlab

import (
	"context"
	"strings"
	"time"

	api "gitlab.com/gitlab-org/api/client-go/v2"
)

// Pipeline is a pipeline of a project.
type Pipeline struct {
	ID       int64
	Ref, SHA string
	Status   State
	// Source says what started it: "pipeline" for a job's token, "trigger" for a trigger token, "push", "schedule".
	Source string
	// Name is the one that workflow:name of the project gives it, often none.
	Name    string
	URL     string
	Created time.Time
}

// State is the state of a pipeline or job, in GitLab's word.
type State string

// States that a pipeline ends in, and the one in which it waits for a play button.
const (
	Success  State = "success"
	Failed   State = "failed"
	Canceled State = "canceled"
	Skipped  State = "skipped"
	Manual   State = "manual"
)

// IsEnd reports whether nothing more happens without somebody's doing.
func (s State) IsEnd() bool {
	return s == Success || s == Failed || s == Canceled || s == Skipped || s == Manual
}

// PipelineRequest asks for a new pipeline.
type PipelineRequest struct {
	// Ref is a branch or a tag.
	Ref string
	// Variables and Inputs are passed to the pipeline. A project may refuse the one, and must declare the other.
	Variables, Inputs map[string]string
}

// Trigger starts a pipeline of a project with a trigger token, or with a job token, in which case the pipeline is a downstream
// one of the job's. It is sent once unless it is certain that it was not carried out; see IsLost.
func (c *Client) Trigger(ctx context.Context, project Project, token Token, request PipelineRequest) (Pipeline, error) {
	pipeline, err := call(c.anonymous.PipelineTriggers.RunPipelineTrigger(project.path, &api.RunPipelineTriggerOptions{
		Ref: &request.Ref, Token: &token.secret, Variables: request.Variables, Inputs: inputs(request.Inputs),
	}, api.WithContext(ctx)))
	if err != nil {
		return Pipeline{}, masked(err, token)
	}
	return pipelineOf(pipeline), nil
}

// masked takes a token out of an error that quotes the request.
func masked(err error, token Token) error {
	if e, ok := err.(*Error); ok && token.secret != "" { //nolint:errorlint // call returns it bare
		e.Message = strings.ReplaceAll(e.Message, token.secret, "[MASKED]")
	}
	return err
}

// CreatePipeline starts a pipeline of a project as the token's owner; a job token may not.
func (c *Client) CreatePipeline(ctx context.Context, project Project, request PipelineRequest) (Pipeline, error) {
	options := &api.CreatePipelineOptions{Ref: &request.Ref, Inputs: inputs(request.Inputs)}
	if len(request.Variables) > 0 {
		variables := make([]*api.PipelineVariableOptions, 0, len(request.Variables))
		for name, value := range request.Variables {
			variables = append(variables, &api.PipelineVariableOptions{Key: &name, Value: &value})
		}
		options.Variables = &variables
	}
	pipeline, err := call(c.api.Pipelines.CreatePipeline(project.path, options, api.WithContext(ctx)))
	if err != nil {
		return Pipeline{}, err
	}
	return pipelineOf(pipeline), nil
}

// Pipeline returns a pipeline of a project.
func (c *Client) Pipeline(ctx context.Context, project Project, id int64) (Pipeline, error) {
	pipeline, err := call(c.api.Pipelines.GetPipeline(project.path, id, api.WithContext(ctx)))
	if err != nil {
		return Pipeline{}, err
	}
	return pipelineOf(pipeline), nil
}

// CancelPipeline cancels a pipeline and its child pipelines. A pipeline that has ended stays as it is:
// https://docs.gitlab.com/api/pipelines/#cancel-all-jobs-for-a-pipeline.
func (c *Client) CancelPipeline(ctx context.Context, project Project, id int64) (Pipeline, error) {
	pipeline, err := call(c.api.Pipelines.CancelPipelineBuild(project.path, id, api.WithContext(ctx)))
	if err != nil {
		return Pipeline{}, err
	}
	return pipelineOf(pipeline), nil
}

// PipelineFilter chooses pipelines; empty fields choose all.
type PipelineFilter struct {
	Ref, SHA, Source, Name string
	Status                 State
	// After leaves out pipelines that were created before.
	After time.Time
}

// Pipelines returns the newest pipelines of a project that a filter chooses, the newest first, a hundred at most.
func (c *Client) Pipelines(ctx context.Context, project Project, filter PipelineFilter) ([]Pipeline, error) {
	options := &api.ListProjectPipelinesOptions{
		ListOptions: api.ListOptions{PerPage: 100}, Ref: optional(filter.Ref), SHA: optional(filter.SHA),
		Source: optional(filter.Source), Name: optional(filter.Name), OrderBy: optional("id"), Sort: optional("desc"),
	}
	if filter.Status != "" {
		status := api.BuildStateValue(filter.Status)
		options.Status = &status
	}
	if !filter.After.IsZero() {
		options.CreatedAfter = &filter.After
	}
	found, err := call(c.api.Pipelines.ListProjectPipelines(project.path, options, api.WithContext(ctx)))
	if err != nil {
		return nil, err
	}
	return each(found, func(p *api.PipelineInfo) Pipeline {
		return Pipeline{
			ID: p.ID, Ref: p.Ref, SHA: p.SHA, Status: State(p.Status), Source: p.Source, Name: p.Name, URL: p.WebURL, Created: moment(p.CreatedAt),
		}
	}), nil
}

// JobOf is a job of a pipeline.
type JobOf struct {
	ID           int64
	Name, Stage  string
	Status       State
	AllowFailure bool
	URL          string
}

// Jobs returns the jobs of a pipeline, without those that were retried.
func (c *Client) Jobs(ctx context.Context, project Project, pipeline int64) ([]JobOf, error) {
	found, err := pages(func(page api.ListOptions) ([]*api.Job, *api.Response, error) {
		return c.api.Jobs.ListPipelineJobs(project.path, pipeline, &api.ListJobsOptions{ListOptions: page}, api.WithContext(ctx))
	})
	return each(found, func(j *api.Job) JobOf {
		return JobOf{ID: j.ID, Name: j.Name, Stage: j.Stage, Status: State(j.Status), AllowFailure: j.AllowFailure, URL: j.WebURL}
	}), err
}

func inputs(values map[string]string) api.PipelineInputsOption {
	out := api.PipelineInputsOption{}
	for name, value := range values {
		out[name] = api.NewPipelineInputValue(value)
	}
	return out
}

func pipelineOf(p *api.Pipeline) Pipeline {
	return Pipeline{
		ID: p.ID, Ref: p.Ref, SHA: p.SHA, Status: State(p.Status), Source: string(p.Source), Name: p.Name, URL: p.WebURL, Created: moment(p.CreatedAt),
	}
}
