package oci

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// ErrTagsStay says that a registry deletes no tags by their names.
var ErrTagsStay = errors.New("the registry deletes no tags by their names")

// Untag deletes a tag, and nothing but the tag: never the digest, which would delete every other tag of the image too. A missing tag is no
// error. The error is ErrTagsStay if the registry cannot delete tags.
func (c *Client) Untag(ctx context.Context, ref Reference) error {
	if ref.Tag().IsZero() {
		return fmt.Errorf("delete %s: only tags are deleted", ref)
	}
	err := remote.Delete(remoteReference(ref), c.options(ctx, ref.Repository(), Credentials{}, nil)...)
	if err == nil {
		return nil
	}
	var answer *transport.Error
	if errors.As(err, &answer) && (answer.StatusCode == http.StatusMethodNotAllowed || answer.StatusCode == http.StatusBadRequest) {
		return fmt.Errorf("delete %s: %w", ref, ErrTagsStay)
	}
	if err = c.explain("delete", ref, Credentials{}, err); IsNotFound(err) {
		return nil
	}
	return err
}
