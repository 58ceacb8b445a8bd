package bump

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Running says what to do about pipelines that run already; if it is empty, the user is asked.
type Running string

// The choices.
const (
	waitFor   Running = "wait"
	cancel    Running = "cancel"
	continues Running = "continue"
)

// RunningChoices lists the values of --running.
func RunningChoices() []string { return []string{string(waitFor), string(cancel), string(continues)} }

// Set implements pflag.Value.
func (r *Running) Set(text string) error {
	if !slices.Contains(RunningChoices(), text) {
		return fmt.Errorf("it may be %s", strings.Join(RunningChoices(), ", "))
	}
	*r = Running(text)
	return nil
}

// String implements pflag.Value.
func (r *Running) String() string { return string(*r) }

// Type implements pflag.Value.
func (*Running) Type() string { return "choice" }

// makeRoom lists the pipelines that run on a branch already, and waits for them, cancels them or leaves them, as the user chooses.
func (b *bumping) makeRoom(ctx context.Context, api remoteProject, branch string) error {
	running, err := b.running(ctx, api, branch)
	if err != nil || len(running) == 0 {
		return err
	}
	b.list(branch, running)
	choice := b.Running
	if choice == "" {
		if choice, err = b.choose(); err != nil {
			return err
		}
	}
	switch choice {
	case cancel:
		return b.cancel(ctx, api, running)
	case waitFor:
		return b.waitForAll(ctx, api, branch, running)
	default:
		return nil
	}
}

// running returns the pipelines of a branch, and of its open merge requests, that have not ended.
func (b *bumping) running(ctx context.Context, api remoteProject, branch string) ([]gitlab.Pipeline, error) {
	requests, err := api.client.MergeRequests(ctx, api.project, gitlab.MergeRequestFilter{State: "opened", Source: branch})
	if err != nil {
		return nil, fmt.Errorf("list the merge requests of %s: %w", branch, err)
	}
	refs := []string{branch}
	for _, request := range requests { // https://docs.gitlab.com/ci/pipelines/merge_request_pipelines/
		for _, kind := range []string{"head", "merge", "train"} {
			refs = append(refs, fmt.Sprintf("refs/merge-requests/%d/%s", request.IID, kind))
		}
	}
	var running []gitlab.Pipeline
	for _, ref := range refs {
		found, err := api.client.Pipelines(ctx, api.project, gitlab.PipelineFilter{Ref: ref})
		if err != nil {
			return nil, fmt.Errorf("list the pipelines of %s: %w", ref, err)
		}
		running = append(running, found...)
	}
	return slices.DeleteFunc(running, func(p gitlab.Pipeline) bool { return p.Status.IsEnd() }), nil
}

func (b *bumping) list(branch string, running []gitlab.Pipeline) {
	fmt.Fprintf(b.std.Out, "Pipelines of %s that have not ended:\n", branch)
	for _, p := range running {
		fmt.Fprintf(b.std.Out, "  %s\n", terminal.Line(fmt.Sprintf("%s, %s, since %s", p.URL, p.Status, p.Created.Format(time.RFC3339))))
	}
}

// choose asks what to do about them.
func (b *bumping) choose() (Running, error) {
	errNobody := cli.Usagef("say what to do about the running pipelines: --running wait, --running cancel or --running continue")
	if !b.asks {
		return "", errNobody
	}
	fmt.Fprintf(b.std.Out, "Wait for them, cancel them, or continue without? [wait/cancel/continue] ")
	answer, err := b.answer()
	if err != nil {
		return "", errNobody
	}
	var choice Running
	if choice.Set(strings.ToLower(strings.TrimSpace(answer))) != nil {
		return "", errors.New("no pipeline was started")
	}
	return choice, nil
}

// cancel cancels pipelines. One that has ended meanwhile stays as it is, and one that is gone is no obstacle.
func (b *bumping) cancel(ctx context.Context, api remoteProject, running []gitlab.Pipeline) error {
	for _, p := range running {
		cancelled, err := api.client.CancelPipeline(ctx, api.project, p.ID)
		if gitlab.IsLost(err) {
			cancelled, err = api.client.Pipeline(ctx, api.project, p.ID)
		}
		switch {
		case gitlab.Status(err) == notFound:
			continue
		case err != nil:
			return fmt.Errorf("cancel the pipeline %d: %w; no pipeline was started", p.ID, err)
		}
		fmt.Fprintf(b.std.Out, "%s\n", terminal.Line(fmt.Sprintf("%s: %s", p.URL, cancelled.Status)))
	}
	return nil
}

// waitForAll waits until the pipelines of a branch have ended, within the limit.
func (b *bumping) waitForAll(ctx context.Context, api remoteProject, branch string, running []gitlab.Pipeline) error {
	limited, stop := context.WithTimeout(ctx, b.WaitLimit)
	defer stop()
	err := b.untilNoneRuns(limited, api, branch, running)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return fmt.Errorf("pipelines of %s still run after %s; no pipeline was started", branch, b.WaitLimit)
	}
	return err
}

// untilNoneRuns waits for pipelines, and for those that began meanwhile. It does not matter how they end.
func (b *bumping) untilNoneRuns(ctx context.Context, api remoteProject, branch string, running []gitlab.Pipeline) (err error) {
	for err == nil && len(running) > 0 {
		for _, p := range running {
			w := gitlab.Wait{Project: api.project, ID: p.ID, Interval: b.interval, Pause: gitlab.Pause}
			if _, err := api.client.WaitForPipeline(ctx, w, b.std.Out); err != nil && gitlab.Status(err) != notFound {
				return err
			}
		}
		running, err = b.running(ctx, api, branch)
	}
	return err
}

// notFound is GitLab's answer about a pipeline that was deleted.
const notFound = 404
