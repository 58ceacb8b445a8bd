package gitlab

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Wait is what WaitForPipeline needs to know.
type Wait struct {
	Project Project
	// ID selects a pipeline. If it is zero, SHA selects the newest pipeline of a commit; if that is empty, it is the newest of the project.
	ID  int64
	SHA string
	// Interval is the pause between two requests, and Limit the longest time to wait; zero means no limit.
	Interval, Limit time.Duration
	// Pause waits; it returns early with an error when the command is interrupted.
	Pause func(context.Context, time.Duration) error
}

// WaitForPipeline waits until a pipeline has ended, and reports whether it succeeded. It writes each change of its state to log.
func (c *Client) WaitForPipeline(ctx context.Context, w Wait, log io.Writer) (bool, error) {
	if w.Limit == 0 {
		return c.waitForPipeline(ctx, w, log)
	}
	limit := fmt.Errorf("the pipeline has not ended after %s", w.Limit)
	limited, stop := context.WithTimeoutCause(ctx, w.Limit, limit)
	defer stop()
	passed, err := c.waitForPipeline(limited, w, log)
	if err != nil && context.Cause(limited) == limit { //nolint:errorlint // the very value
		return false, limit
	}
	return passed, err
}

// chosen returns the pipeline to wait for.
func (c *Client) chosen(ctx context.Context, w Wait) (Pipeline, error) {
	if w.ID != 0 {
		pipeline, err := c.Pipeline(ctx, w.Project, w.ID)
		if err != nil {
			return Pipeline{}, fmt.Errorf("ask for the pipeline: %w", err)
		}
		return pipeline, nil
	}
	found, err := c.Pipelines(ctx, w.Project, PipelineFilter{SHA: w.SHA})
	if err != nil {
		return Pipeline{}, fmt.Errorf("list the pipelines of %s: %w", w.Project, err)
	}
	if len(found) == 0 {
		return Pipeline{}, fmt.Errorf("%s has no pipeline of the commit %s", w.Project, w.SHA)
	}
	return slices.MaxFunc(found, func(a, b Pipeline) int { return int(a.ID - b.ID) }), nil
}

func (c *Client) waitForPipeline(ctx context.Context, w Wait, log io.Writer) (bool, error) {
	pipeline, err := c.chosen(ctx, w)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(log, "%s\n", terminal.Line(pipeline.URL))
	for status := State(""); ; {
		if pipeline.Status != status {
			status = pipeline.Status
			fmt.Fprintf(log, "%s\n", terminal.Line(string(status)))
		}
		if status.IsEnd() {
			return status == Success, c.logFailures(ctx, w.Project, pipeline, log)
		}
		if err := w.Pause(ctx, w.Interval); err != nil {
			return false, err
		}
		if pipeline, err = c.Pipeline(ctx, w.Project, pipeline.ID); err != nil {
			return false, fmt.Errorf("ask for the pipeline: %w", err)
		}
	}
}

// logFailures writes the names of the jobs that failed.
func (c *Client) logFailures(ctx context.Context, project Project, pipeline Pipeline, log io.Writer) error {
	if pipeline.Status != Failed {
		return nil
	}
	jobs, err := c.Jobs(ctx, project, pipeline.ID)
	if err != nil {
		return fmt.Errorf("ask for the jobs of the pipeline: %w", err)
	}
	for _, job := range jobs {
		if job.Status == Failed {
			fmt.Fprintf(log, "failed: %s\n", terminal.Line(job.Name))
		}
	}
	return nil
}
