package gitlab

import (
	"context"
	"time"

	api "gitlab.com/gitlab-org/api/client-go/v2"
)

// RegistryRepository is a repository of a project's container registry.
type RegistryRepository struct {
	ID int64
	// Path is below the registry, "group/project/image"; Location has the registry's host in front.
	Path, Location string
}

// RegistryRepositories returns the repositories of a project's registry.
func (c *Client) RegistryRepositories(ctx context.Context, project Project) ([]RegistryRepository, error) {
	found, err := pages(func(page api.ListOptions) ([]*api.RegistryRepository, *api.Response, error) {
		return c.api.ContainerRegistry.ListProjectRegistryRepositories(project.path, &api.ListProjectRegistryRepositoriesOptions{ListOptions: page}, api.WithContext(ctx))
	})
	return each(found, func(r *api.RegistryRepository) RegistryRepository {
		return RegistryRepository{ID: r.ID, Path: r.Path, Location: r.Location}
	}), err
}

// RegistryTag is a tag of a registry repository.
type RegistryTag struct {
	Name string
	// Digest and Created are known where the tag was asked for by its name.
	Digest  string
	Created time.Time
}

// RegistryTags returns the tags of a registry repository, by name alone.
func (c *Client) RegistryTags(ctx context.Context, project Project, repository int64) ([]RegistryTag, error) {
	found, err := pages(func(page api.ListOptions) ([]*api.RegistryRepositoryTag, *api.Response, error) {
		return c.api.ContainerRegistry.ListRegistryRepositoryTags(project.path, repository, &api.ListRegistryRepositoryTagsOptions{ListOptions: page}, api.WithContext(ctx))
	})
	return each(found, tagOf), err
}

// RegistryTag returns a tag of a registry repository, with its digest and when it was made.
func (c *Client) RegistryTag(ctx context.Context, project Project, repository int64, name string) (RegistryTag, error) {
	found, err := call(c.api.ContainerRegistry.GetRegistryRepositoryTagDetail(project.path, repository, name, api.WithContext(ctx)))
	if err != nil {
		return RegistryTag{}, err
	}
	return tagOf(found), nil
}

// DeleteRegistryTag deletes a tag, and no other tag of the same image. GitLab answers 403 where the tag is protected.
func (c *Client) DeleteRegistryTag(ctx context.Context, project Project, repository int64, name string) error {
	_, err := c.api.ContainerRegistry.DeleteRegistryRepositoryTag(project.path, repository, name, api.WithContext(ctx))
	if err != nil {
		return plain(err)
	}
	return nil
}

func tagOf(t *api.RegistryRepositoryTag) RegistryTag {
	return RegistryTag{Name: t.Name, Digest: t.Digest, Created: moment(t.CreatedAt)}
}
