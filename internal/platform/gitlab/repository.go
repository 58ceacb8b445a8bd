package gitlab

import (
	"context"
)

// ProjectInfo is what GitLab says of a project.
type ProjectInfo struct {
	DefaultBranch string `json:"default_branch"`
}

// Info returns what GitLab says of a project; a job token may not ask.
func (c *Client) Info(ctx context.Context, project Project) (ProjectInfo, error) {
	return ask[ProjectInfo](ctx, c, call{path: under(project)})
}
