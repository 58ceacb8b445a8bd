package gitlab

import (
	"context"

	api "gitlab.com/gitlab-org/api/client-go/v2"
)

// ProjectInfo is what GitLab says of a project.
type ProjectInfo struct {
	ID            int64
	Path          string
	DefaultBranch string
	Archived      bool
	URL           string
}

// Info returns what GitLab says of a project; a job token may not ask.
func (c *Client) Info(ctx context.Context, project Project) (ProjectInfo, error) {
	p, err := call(c.api.Projects.GetProject(project.path, nil, api.WithContext(ctx)))
	if err != nil {
		return ProjectInfo{}, err
	}
	return ProjectInfo{ID: p.ID, Path: p.PathWithNamespace, DefaultBranch: p.DefaultBranch, Archived: p.Archived, URL: p.WebURL}, nil
}

// Branch is a branch of a project's repository.
type Branch struct {
	Name, SHA          string
	Protected, Default bool
	URL                string
}

// Branch returns a branch of a project.
func (c *Client) Branch(ctx context.Context, project Project, name string) (Branch, error) {
	return branch(call(c.api.Branches.GetBranch(project.path, name, api.WithContext(ctx))))
}

// CreateBranch makes a branch that begins at another, or at a tag or commit; a job token may not.
func (c *Client) CreateBranch(ctx context.Context, project Project, name, from string) (Branch, error) {
	return branch(call(c.api.Branches.CreateBranch(project.path, &api.CreateBranchOptions{Branch: &name, Ref: &from}, api.WithContext(ctx))))
}

// DeleteBranch deletes a branch; a job token may not.
func (c *Client) DeleteBranch(ctx context.Context, project Project, name string) error {
	_, err := c.api.Branches.DeleteBranch(project.path, name, api.WithContext(ctx))
	if err != nil {
		return plain(err)
	}
	return nil
}

func branch(b *api.Branch, err error) (Branch, error) {
	if err != nil {
		return Branch{}, err
	}
	out := Branch{Name: b.Name, Protected: b.Protected, Default: b.Default, URL: b.WebURL}
	if b.Commit != nil {
		out.SHA = b.Commit.ID
	}
	return out, nil
}
