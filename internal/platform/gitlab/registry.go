package gitlab

import (
	"context"
	"net/http"
)

// RegistryRepository is a repository of a project's container registry.
type RegistryRepository struct {
	ID int64 `json:"id"`
	// Path is below the registry, "group/project/image".
	Path string `json:"path"`
}

// RegistryRepositories returns the repositories of a project's registry.
func (c *Client) RegistryRepositories(ctx context.Context, project Project) ([]RegistryRepository, error) {
	return pages[RegistryRepository](ctx, c, call{path: under(project, "registry", "repositories")})
}

// RegistryTag is a tag of a registry repository.
type RegistryTag struct {
	Name string `json:"name"`
}

// RegistryTags returns the tags of a registry repository.
func (c *Client) RegistryTags(ctx context.Context, project Project, repository int64) ([]RegistryTag, error) {
	return pages[RegistryTag](ctx, c, call{path: tags(project, repository)})
}

// DeleteRegistryTag deletes a tag, and no other tag of the same image. GitLab answers 403 where the tag is protected.
func (c *Client) DeleteRegistryTag(ctx context.Context, project Project, repository int64, name string) error {
	_, err := c.send(ctx, call{method: http.MethodDelete, path: tags(project, repository, name)}, nil)
	return err
}

// tags is the path of a registry repository's tags.
func tags(project Project, repository int64, segments ...any) []any {
	return under(project, append([]any{"registry", "repositories", repository, "tags"}, segments...)...)
}
