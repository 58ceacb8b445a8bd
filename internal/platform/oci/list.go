package oci

import (
	"context"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Tags returns the tags of a repository, in the registry's order; none if the repository does not exist.
func (c *Client) Tags(ctx context.Context, repo Repository, credentials Credentials) ([]string, error) {
	tags, err := remote.List(repo.repo, c.options(ctx, repo, credentials, nil)...)
	if err == nil {
		return tags, nil
	}
	if err = c.explain("list the tags of", Reference{repo: repo}, credentials, err); IsNotFound(err) {
		return nil, nil
	}
	return nil, err
}
