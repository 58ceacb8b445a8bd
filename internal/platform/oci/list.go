package oci

import (
	"context"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitlab.com/stemma-ci/stemma/schema"
)

// Tags returns the tags of a repository, in the registry's order; none if the repository does not exist.
func (c *Client) Tags(ctx context.Context, repo Repository, credentials Credentials) (out []schema.Tag, err error) {
	tags, err := remote.List(remoteRepository(repo), c.options(ctx, repo, credentials, nil)...)
	for _, text := range tags {
		if tag, err := schema.ParseTag(text); err == nil {
			out = append(out, tag)
		}
	}
	if err == nil {
		return out, nil
	}
	if err = c.explain("list the tags of", repo.Tag(schema.Tag{}), credentials, err); IsNotFound(err) {
		return nil, nil
	}
	return nil, err
}
