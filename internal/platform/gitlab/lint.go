package gitlab

import (
	"context"
	"net/http"
)

// Lint is GitLab's opinion of a CI configuration.
type Lint struct {
	Valid    bool     `json:"valid"`
	Errors   []string `json:"errors"`
	Warnings []string `json:"warnings"`
}

// Lint asks what GitLab says of a CI configuration in the place of a project's own; a job token may not.
func (c *Client) Lint(ctx context.Context, project Project, content string) (Lint, error) {
	return ask[Lint](ctx, c, call{method: http.MethodPost, path: under(project, "ci", "lint"), body: map[string]string{"content": content}})
}
