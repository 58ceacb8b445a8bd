package fairy

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/terminal"
)

// Pipelines is the part of GitLab that WaitForPipeline asks.
type Pipelines interface {
	Pipelines(ctx context.Context, project gitlab.Project, filter gitlab.PipelineFilter) ([]gitlab.Pipeline, error)
	Pipeline(ctx context.Context, project gitlab.Project, id int64) (gitlab.Pipeline, error)
	Jobs(ctx context.Context, project gitlab.Project, pipeline int64) ([]gitlab.JobOf, error)
}

// Wait says which pipeline to wait for.
type Wait struct {
	Project gitlab.Project
	// SHA is the commit whose newest pipeline is meant; the project's newest when empty.
	SHA string
	// Interval is the pause between two questions.
	Interval time.Duration
	// Pause waits; it returns early with an error when the command is interrupted.
	Pause func(context.Context, time.Duration) error
}

// WaitForPipeline waits until a pipeline has ended, and reports whether it succeeded. It says when its state changes.
func WaitForPipeline(ctx context.Context, api Pipelines, w Wait, log io.Writer) (bool, error) {
	found, err := api.Pipelines(ctx, w.Project, gitlab.PipelineFilter{SHA: w.SHA})
	if err != nil {
		return false, fmt.Errorf("list the pipelines of %s: %w", w.Project, err)
	}
	if len(found) == 0 {
		return false, fmt.Errorf("%s has no pipeline of the commit %s", w.Project, w.SHA)
	}
	pipeline := slices.MaxFunc(found, func(a, b gitlab.Pipeline) int { return int(a.ID - b.ID) })
	fmt.Fprintf(log, "%s\n", terminal.Line(pipeline.URL))
	for said := gitlab.State(""); ; {
		if pipeline.Status != said {
			said = pipeline.Status
			fmt.Fprintf(log, "%s\n", terminal.Line(string(said)))
		}
		if said.IsEnd() {
			return said == gitlab.Success, w.failures(ctx, api, pipeline, log)
		}
		if err := w.Pause(ctx, w.Interval); err != nil {
			return false, err
		}
		if pipeline, err = api.Pipeline(ctx, w.Project, pipeline.ID); err != nil {
			return false, fmt.Errorf("ask for the pipeline: %w", err)
		}
	}
}

// failures names the jobs that failed.
func (w Wait) failures(ctx context.Context, api Pipelines, pipeline gitlab.Pipeline, log io.Writer) error {
	if pipeline.Status != gitlab.Failed {
		return nil
	}
	jobs, err := api.Jobs(ctx, w.Project, pipeline.ID)
	if err != nil {
		return fmt.Errorf("ask for the jobs of the pipeline: %w", err)
	}
	for _, job := range jobs {
		if job.Status == gitlab.Failed {
			fmt.Fprintf(log, "failed: %s\n", terminal.Line(job.Name))
		}
	}
	return nil
}
