package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// sources are the commits of the files of other projects, and what of them moves.
func (p *project) sources(ctx context.Context, moves func(name string) bool) ([]lock.Source, []pin.Change, error) {
	return pin.Sources(ctx, commits{p.getenv}, p.result.Lock, p.result.Graph.Sources(), moves)
}

// commits finds commits with the command git: with its own credentials, and in a job, for projects of the same GitLab, with the job's.
type commits struct{ getenv func(string) string }

// Commit implements pin.Commits.
func (c commits) Commit(ctx context.Context, source definition.Source) (string, error) {
	environ, address := append(os.Environ(), "GIT_TERMINAL_PROMPT=0"), source.URL
	if source.Project != "" {
		server := c.getenv("CI_SERVER_URL")
		if server == "" {
			return "", cli.UsageError{Err: fmt.Errorf("CI_SERVER_URL is not set: it is the GitLab that has %s, such as https://gitlab.com", source.Project)}
		}
		address = server + "/" + source.Project + ".git"
		if token := c.getenv("CI_JOB_TOKEN"); token != "" {
			basic := base64.StdEncoding.EncodeToString([]byte("gitlab-ci-token:" + token))
			environ = git.With(environ, "http."+server+"/.extraHeader", "Authorization: Basic "+basic)
		}
	}
	return git.Repository{Environ: environ}.Find(ctx, address, source.Ref)
}
