package gitlab

import (
	"context"
)

// ProjectInfo describes a project.
type ProjectInfo struct {
	DefaultBranch string `json:"default_branch"`
}

// Info describes a project. GitLab refuses a job token.
func (c *Client) Info(ctx context.Context, project Project) (ProjectInfo, error) {
	return ask[ProjectInfo](ctx, c, call{path: under(project)})
}
