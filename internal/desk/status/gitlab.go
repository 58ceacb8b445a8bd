package status

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema"
)

// addJobs adds what the newest pipeline of the commit says about images without a tag: a job that fails before the tests leaves nothing in
// the registry.
func (r *Report) addJobs(ctx context.Context, p *project.Project, to target.Target) {
	isOpen := func(image Image) bool { return image.State == Missing || image.State == Failed }
	if !slices.ContainsFunc(r.Images, isOpen) {
		return
	}
	jobs, err := jobsOf(ctx, p, to)
	if err != nil {
		r.NotKnown = "It is not known which jobs failed before their tests: " + brief(err.Error()) + "."
		return
	}
	for i := range r.Images {
		if image := &r.Images[i]; isOpen(*image) {
			image.addJobs(jobs)
		}
	}
}

// addJobs adds what the jobs that build and test the image say.
func (i *Image) addJobs(jobs []gitlab.JobOf) {
	for _, job := range jobs {
		kind, rest, _ := strings.Cut(job.Name, ":")
		name, _, _ := strings.Cut(rest, "@")
		if name != i.Name || kind != "build" && kind != "verify" {
			continue
		}
		switch {
		case job.Status == gitlab.Failed:
			i.State, i.Note = Failed, brief(job.Name+" failed: "+job.URL)
			return
		case job.Status == gitlab.Manual:
			i.Note = brief(job.Name + " waits for its play button: " + job.URL)
		case !job.Status.IsEnd():
			i.State, i.Note = Missing, brief(job.Name+" is "+string(job.Status)+": "+job.URL)
		}
	}
}

// jobsOf returns the jobs of the newest pipeline of the commit and of its child pipelines. The error says why they are not known.
func jobsOf(ctx context.Context, p *project.Project, to target.Target) (jobs []gitlab.JobOf, err error) {
	if p.Getenv(schema.VarAccessToken) == "" {
		return nil, errors.New(schema.VarAccessToken + " is not set")
	}
	variables := to.Variables(ctx, p)
	commit := variables["CI_COMMIT_SHA"]
	if commit == "" {
		return nil, errors.New("there is no commit of exactly these files")
	}
	path, err := gitlab.ParseProject(cmp.Or(p.Getenv("CI_PROJECT_PATH"), variables["CI_PROJECT_PATH"]))
	if err != nil {
		return nil, err
	}
	client, err := gitlab.ConnectUser(p.Getenv, p.Repository().Server(ctx, "origin"))
	if err != nil {
		return nil, err
	}
	pipelines, err := pipelinesOf(ctx, client, path, commit, len(p.Pipeline.Children) > 0)
	if err != nil {
		return nil, err
	}
	for _, pipeline := range pipelines {
		more, err := client.Jobs(ctx, path, pipeline.ID)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	return jobs, nil
}

// pipelinesOf returns the newest pipeline of a commit, and its child pipelines if it can have any. GitLab lists these only on request:
// https://docs.gitlab.com/api/pipelines/#list-project-pipelines.
func pipelinesOf(ctx context.Context, client *gitlab.Client, path gitlab.Project, commit string, hasChildren bool) ([]gitlab.Pipeline, error) {
	found, err := client.Pipelines(ctx, path, gitlab.PipelineFilter{SHA: commit})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("the commit has no pipeline")
	}
	if !hasChildren {
		return found[:1], nil
	}
	children, err := client.Pipelines(ctx, path, gitlab.PipelineFilter{SHA: commit, Source: "parent_pipeline"})
	children = slices.DeleteFunc(children, func(child gitlab.Pipeline) bool { return child.ID < found[0].ID })
	return append(found[:1:1], children...), err
}
