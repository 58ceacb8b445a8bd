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
	// SHA selects the newest pipeline of a commit; if it is empty, the newest pipeline of the project.
	SHA string
	// Interval is the pause between two requests.
	Interval time.Duration
	// Pause waits; it returns early with an error when the command is interrupted.
	Pause func(context.Context, time.Duration) error
}

// WaitForPipeline waits until a pipeline has ended, and reports whether it succeeded. It writes each change of its state to log.
func (c *Client) WaitForPipeline(ctx context.Context, w Wait, log io.Writer) (bool, error) {
	found, err := c.Pipelines(ctx, w.Project, PipelineFilter{SHA: w.SHA})
	if err != nil {
		return false, fmt.Errorf("list the pipelines of %s: %w", w.Project, err)
	}
	if len(found) == 0 {
		return false, fmt.Errorf("%s has no pipeline of the commit %s", w.Project, w.SHA)
	}
	pipeline := slices.MaxFunc(found, func(a, b Pipeline) int { return int(a.ID - b.ID) })
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
