package oci

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Note sets a tag to a new image that has labels and nothing else: a record.
func (c *Client) Note(ctx context.Context, ref Reference, labels map[string]string) error {
	image, err := mutate.Config(empty.Image, v1.Config{Labels: labels})
	if err == nil {
		err = remote.Write(remoteReference(ref), image, c.options(ctx, ref.Repository(), Credentials{}, nil)...)
	}
	if err != nil {
		return c.explain("write down at", ref, Credentials{}, err)
	}
	return nil
}
