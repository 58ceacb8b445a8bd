package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// remoteProject is the project on GitLab that a bump goes on in; its client is nil where nothing of it is asked.
type remoteProject struct {
	client  *gitlab.Client
	project gitlab.Project
}

// gitlab finds the project on GitLab, where that is asked for, before anything is done.
func (b *bumping) gitlab() (remoteProject, error) {
	var r remoteProject
	if b.dryRun || !b.mergeRequest && !b.run && !b.await {
		return r, nil
	}
	secret := b.getenv(schema.VarAccessToken)
	if secret == "" {
		return r, cli.UsageError{Err: errors.New(schema.VarAccessToken + " is not set: opening a merge request and starting a pipeline need an access token with the scope api; a job's own token may do neither")}
	}
	project := b.project
	if project == "" {
		project = b.getenv("CI_PROJECT_PATH")
	}
	var err error
	if r.project, err = gitlab.ParseProject(project); err != nil {
		return r, cli.UsageError{Err: fmt.Errorf("--project: %w", err)}
	}
	address := b.getenv("CI_API_V4_URL")
	if address == "" {
		address = "https://gitlab.com/api/v4"
	}
	transport, err := gitlab.NewTransport(b.getenv("CI_SERVER_TLS_CA_FILE"), b.getenv(schema.VarTimeouts))
	if err != nil {
		return r, err
	}
	r.client, err = gitlab.NewClient(gitlab.Config{API: address, Token: gitlab.NewToken(gitlab.Private, secret, schema.VarAccessToken), Transport: transport})
	return r, err
}

// follow does on GitLab what was asked for, once the branch is there.
func (b *bumping) follow(ctx context.Context, api remoteProject, r *bumpRound) error {
	if b.mergeRequest {
		target := b.target
		if target == "" {
			target = r.target
		}
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
	if b.run {
		started, err := api.client.CreatePipeline(ctx, api.project, gitlab.PipelineRequest{Ref: r.branch})
		if err != nil {
			return fmt.Errorf("the branch is pushed, but no pipeline was started: %w", err)
		}
		fmt.Fprintln(b.std.Out, terminal.Line(started.URL))
	}
	if !b.await {
		return nil
	}
	sha, err := r.checkout.Run(ctx, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	passed, err := api.client.WaitForPipeline(ctx, gitlab.Wait{Project: api.project, SHA: strings.TrimSpace(sha), Interval: 10 * time.Second, Pause: gitlab.Pause}, b.std.Out)
	if err == nil && !passed {
		return cli.ErrFindings
	}
	return err
}

// request opens a merge request, or changes the open one of the branch.
func (b *bumping) request(ctx context.Context, api remoteProject, target string, r *bumpRound) error {
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
