package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
	"gitlab.com/stemma-ci/stemma/internal/platform/gitlab"
	"gitlab.com/stemma-ci/stemma/schema"
)

// lint asks GitLab about .gitlab-ci.yml, https://docs.gitlab.com/api/lint/. Skipped says why it did not; it is empty if it did, or if there
// is no such file.
func lint(ctx context.Context, p *project.Project) (skipped string, err error) {
	content, err := fs.ReadFile(p.Tree, projectci.File)
	path := cmp.Or(p.Definition.Project, p.Getenv("CI_PROJECT_PATH"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case p.Getenv(schema.VarAccessToken) == "":
		return schema.VarAccessToken + " is not set", nil
	case path == "":
		return "the definition has no `project`", nil
	}
	project, err := gitlab.ParseProject(path)
	if err != nil {
		return "", err
	}
	client, err := gitlab.ConnectUser(p.Getenv, p.Repository().Server(ctx, "origin"))
	if err != nil {
		return "", err
	}
	answer, err := client.Lint(ctx, project, string(content))
	if err != nil {
		return "", fmt.Errorf("ask GitLab about %s: %w", projectci.File, err)
	}
	for _, message := range answer.Errors {
		p.Found.Errorf(diagnostic.Pipeline, diagnostic.Span{File: projectci.File}, "GitLab says: %s", message).
			WithHint("correct it; if a file that it includes changed here, push it first: GitLab reads included files from the default branch of %s", path).WithKey(message)
	}
	return "", nil
}
