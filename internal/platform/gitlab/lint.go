package gitlab

import (
	"context"

	api "gitlab.com/gitlab-org/api/client-go/v2"
)

// Lint is GitLab's opinion of a CI configuration.
type Lint struct {
	Valid            bool
	Errors, Warnings []string
	// Merged is the configuration with all includes in it.
	Merged string
}

// Lint asks what GitLab says of a CI configuration in the place of a project's own; a job token may not.
func (c *Client) Lint(ctx context.Context, project Project, content string) (Lint, error) {
	status, err := call(c.api.Validate.ProjectNamespaceLint(project.path, &api.ProjectNamespaceLintOptions{Content: &content}, api.WithContext(ctx)))
	if err != nil {
		return Lint{}, err
	}
	return Lint{Valid: status.Valid, Errors: status.Errors, Warnings: status.Warnings, Merged: status.MergedYaml}, nil
}
