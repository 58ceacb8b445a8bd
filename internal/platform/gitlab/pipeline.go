package gitlab

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Pipeline is a pipeline of a project.
type Pipeline struct {
	ID     int64  `json:"id"`
	Ref    string `json:"ref"`
	SHA    string `json:"sha"`
	Status State  `json:"status"`
	// Source says what started it: "pipeline" for a job's token, "trigger" for a trigger token, "push", "schedule".
	Source string `json:"source"`
	// Name is the one that workflow:name of the project gives it, often none.
	Name    string    `json:"name"`
	URL     string    `json:"web_url"`
	Created time.Time `json:"created_at"`
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

// IsEnd reports whether the state stays the same until a person acts.
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
	body := request.body(request.Variables)
	body["token"] = token.secret
	pipeline, err := ask[Pipeline](ctx, c, call{method: http.MethodPost, path: under(project, "trigger", "pipeline"), body: body, isAnonymous: true})
	return pipeline, masked(err, token)
}

// body is the content of a request, with the variables in the form that the route takes.
func (r PipelineRequest) body(variables any) map[string]any {
	body := map[string]any{"ref": r.Ref}
	if len(r.Variables) > 0 {
		body["variables"] = variables
	}
	if len(r.Inputs) > 0 {
		body["inputs"] = r.Inputs
	}
	return body
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
	var variables []map[string]string
	for _, name := range slices.Sorted(maps.Keys(request.Variables)) {
		variables = append(variables, map[string]string{"key": name, "value": request.Variables[name]})
	}
	return ask[Pipeline](ctx, c, call{method: http.MethodPost, path: under(project, "pipeline"), body: request.body(variables)})
}

// Pipeline returns a pipeline of a project.
func (c *Client) Pipeline(ctx context.Context, project Project, id int64) (Pipeline, error) {
	return ask[Pipeline](ctx, c, call{path: under(project, "pipelines", id)})
}

// CancelPipeline cancels a pipeline and its child pipelines. A pipeline that has ended stays as it is:
// https://docs.gitlab.com/api/pipelines/#cancel-all-jobs-for-a-pipeline.
func (c *Client) CancelPipeline(ctx context.Context, project Project, id int64) (Pipeline, error) {
	return ask[Pipeline](ctx, c, call{method: http.MethodPost, path: under(project, "pipelines", id, "cancel")})
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
	query := map[string]string{
		"per_page": "100", "order_by": "id", "sort": "desc",
		"ref": filter.Ref, "sha": filter.SHA, "source": filter.Source, "name": filter.Name, "status": string(filter.Status),
	}
	if !filter.After.IsZero() {
		query["created_after"] = filter.After.Format(time.RFC3339)
	}
	return ask[[]Pipeline](ctx, c, call{path: under(project, "pipelines"), query: query})
}

// JobOf is a job of a pipeline.
type JobOf struct {
	Name   string `json:"name"`
	Status State  `json:"status"`
	URL    string `json:"web_url"`
}

// Jobs returns the jobs of a pipeline, without those that were retried.
func (c *Client) Jobs(ctx context.Context, project Project, pipeline int64) ([]JobOf, error) {
	return pages[JobOf](ctx, c, call{path: under(project, "pipelines", pipeline, "jobs")})
}
