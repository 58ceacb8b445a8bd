package bump

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// remoteProject is the project on GitLab. Its client is nil if the bump ends with a push.
type remoteProject struct {
	client  *gitlab.Client
	project gitlab.Project
}

// gitlab connects to the project on GitLab before anything is changed, if the options need it.
func (b *bumping) gitlab(ctx context.Context, repository git.Repository) (remoteProject, error) {
	var r remoteProject
	if b.DryRun || !b.MergeRequest && !b.Trigger && !b.Wait && !b.Here {
		return r, nil
	}
	if b.getenv(schema.VarAccessToken) == "" {
		what := "starting a pipeline"
		if b.MergeRequest {
			what = "opening a merge request"
		}
		return r, cli.Usagef("%s is not set: %s needs an access token with the scope api; a job's own token does not suffice", schema.VarAccessToken, what)
	}
	path := cmp.Or(b.Project, b.getenv("CI_PROJECT_PATH"))
	if path == "" {
		return r, cli.Usagef("which project on GitLab? Give --project, such as group/project, or set CI_PROJECT_PATH")
	}
	var err error
	if r.project, err = gitlab.ParseProject(path); err != nil {
		return r, cli.Usagef("--project: %w", err)
	}
	r.client, err = gitlab.ConnectUser(b.getenv, repository.Server(ctx, cmp.Or(b.Remote, "origin")))
	return r, err
}

// follow opens the merge request and starts the pipeline of a pushed branch, as the options say.
func (b *bumping) follow(ctx context.Context, api remoteProject, r *round) error {
	if b.MergeRequest {
		target := cmp.Or(b.Target, r.target)
		if target == "" {
			info, err := api.client.Info(ctx, api.project)
			if err != nil {
				return fmt.Errorf("ask for the project: %w", err)
			}
			target = info.DefaultBranch
		}
		if err := b.request(ctx, api, target, r); err != nil {
			return fmt.Errorf("the branch is pushed, but no merge request was opened: %w", err)
		}
	}
	if b.Trigger {
		if err := b.trigger(ctx, api, r.branch); err != nil {
			return fmt.Errorf("the branch is pushed, but %w", err)
		}
		return nil
	}
	if !b.Wait {
		return nil
	}
	sha, err := r.checkout.Line(ctx, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	return b.wait(ctx, api, gitlab.Wait{SHA: sha})
}

// wait waits for a pipeline, and fails with it.
func (b *bumping) wait(ctx context.Context, api remoteProject, w gitlab.Wait) error {
	w.Project, w.Interval, w.Limit, w.Pause = api.project, b.interval, b.WaitLimit, gitlab.Pause
	passed, err := api.client.WaitForPipeline(ctx, w, b.std.Out)
	if err == nil && !passed {
		return cli.ErrFindings
	}
	return err
}

// request opens a merge request, or updates the open one of the branch.
func (b *bumping) request(ctx context.Context, api remoteProject, target string, r *round) error {
	title, _, _ := strings.Cut(r.changes.message(), "\n")
	draft := gitlab.MergeRequestDraft{
		Source: r.branch, Target: target, Title: title, Description: "- " + strings.Join(r.changes.descriptions, "\n- "), RemoveSource: true,
	}
	open, err := api.client.MergeRequests(ctx, api.project, gitlab.MergeRequestFilter{State: "opened", Source: r.branch})
	if err != nil {
		return err
	}
	var request gitlab.MergeRequest
	if len(open) > 0 {
		request, err = api.client.UpdateMergeRequest(ctx, api.project, open[0].IID, draft)
	} else {
		request, err = api.client.CreateMergeRequest(ctx, api.project, draft)
	}
	if err == nil {
		_, err = fmt.Fprintln(b.std.Out, terminal.Line(request.URL))
	}
	return err
}
