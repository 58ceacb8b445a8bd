package gitlab

import (
	"context"
	"net/http"
)

// Lint is GitLab's verdict on a CI configuration.
type Lint struct {
	Valid    bool     `json:"valid"`
	Errors   []string `json:"errors"`
	Warnings []string `json:"warnings"`
}

// Lint lets GitLab check a CI configuration as if it were the project's own. GitLab refuses a job token.
func (c *Client) Lint(ctx context.Context, project Project, content string) (Lint, error) {
	return ask[Lint](ctx, c, call{method: http.MethodPost, path: under(project, "ci", "lint"), body: map[string]string{"content": content}})
}
