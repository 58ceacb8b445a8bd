package pin

import (
	"context"
	"os"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/platform/git"
)

// remotes finds commits with the command git and its credentials. In a job it uses the job's token for projects of the same GitLab.
type remotes struct{ getenv func(string) string }

// Commit implements Commits.
func (c remotes) Commit(ctx context.Context, source definition.Source) (string, error) {
	environ, address := append(os.Environ(), "GIT_TERMINAL_PROMPT=0"), source.URL
	if source.Project != "" {
		server := c.getenv("CI_SERVER_URL")
		if server == "" {
			return "", cli.Usagef("CI_SERVER_URL is not set: it is the GitLab that has %s, such as https://gitlab.com", source.Project)
		}
		address = server + "/" + source.Project + ".git"
		if token := c.getenv("CI_JOB_TOKEN"); token != "" {
			environ = git.WithPassword(environ, server, "gitlab-ci-token", token)
		}
	}
	return git.Repository{Environ: environ}.Find(ctx, address, source.Ref)
}
