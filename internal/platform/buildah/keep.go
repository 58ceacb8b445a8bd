package buildah

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Keep pulls an image, pinned by digest, and gives it a name in this machine's storage.
func (b *Builder) Keep(ctx context.Context, reference, name string) error {
	id, err := b.pull(ctx, reference, "pull", "--quiet", b.verify(reference), "docker://"+reference)
	if err != nil {
		return err
	}
	return b.run(ctx, "tag", "--", id, name)
}

// Names are the names in this machine's storage that begin with a prefix. An image without a name has none.
func (b *Builder) Names(ctx context.Context, prefix string) ([]string, error) {
	out, err := b.output(ctx, "images", "--json")
	if err != nil {
		return nil, err
	}
	var images []struct {
		Names []string `json:"names"`
	}
	if err := json.Unmarshal([]byte(out), &images); err != nil {
		return nil, fmt.Errorf("read what buildah has: %w", err)
	}
	var names []string
	for _, image := range images {
		for _, name := range image.Names {
			if strings.HasPrefix(name, prefix) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// Forget removes a name from this machine's storage, and the image with it if nothing else names or uses it.
func (b *Builder) Forget(ctx context.Context, name string) error {
	return b.run(ctx, "rmi", "--", name)
}
