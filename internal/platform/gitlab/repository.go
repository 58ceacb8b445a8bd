package gitlab

import (
	"context"
	"encoding/json"
	"net/http"
)

// ProjectInfo is what GitLab says of a project.
type ProjectInfo struct {
	ID            int64  `json:"id"`
	Path          string `json:"path_with_namespace"`
	DefaultBranch string `json:"default_branch"`
	Archived      bool   `json:"archived"`
	URL           string `json:"web_url"`
}

// Info returns what GitLab says of a project; a job token may not ask.
func (c *Client) Info(ctx context.Context, project Project) (ProjectInfo, error) {
	return ask[ProjectInfo](ctx, c, call{path: under(project)})
}

// Branch is a branch of a project's repository.
type Branch struct {
	Name, SHA          string
	Protected, Default bool
	URL                string
}

// UnmarshalJSON reads GitLab's answer.
func (b *Branch) UnmarshalJSON(content []byte) error {
	var answer struct {
		Name      string `json:"name"`
		Protected bool   `json:"protected"`
		Default   bool   `json:"default"`
		URL       string `json:"web_url"`
		Commit    struct {
			ID string `json:"id"`
		} `json:"commit"`
	}
	err := json.Unmarshal(content, &answer)
	*b = Branch{Name: answer.Name, SHA: answer.Commit.ID, Protected: answer.Protected, Default: answer.Default, URL: answer.URL}
	return err
}

// Branch returns a branch of a project.
func (c *Client) Branch(ctx context.Context, project Project, name string) (Branch, error) {
	return ask[Branch](ctx, c, call{path: branches(project, name)})
}

// CreateBranch makes a branch that begins at another, or at a tag or commit; a job token may not.
func (c *Client) CreateBranch(ctx context.Context, project Project, name, from string) (Branch, error) {
	return ask[Branch](ctx, c, call{method: http.MethodPost, path: branches(project), body: map[string]string{"branch": name, "ref": from}})
}

// DeleteBranch deletes a branch; a job token may not.
func (c *Client) DeleteBranch(ctx context.Context, project Project, name string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: branches(project, name)}, nil)
	return err
}

// branches is the path of a project's branches.
func branches(project Project, segments ...any) []any {
	return under(project, append([]any{"repository", "branches"}, segments...)...)
}
