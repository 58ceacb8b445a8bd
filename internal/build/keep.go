package build

import "context"

// Keep pulls an image, pinned by digest, and lets a name of this machine's storage stand for it.
func (b *Builder) Keep(ctx context.Context, reference, name string) error {
	id, err := b.output(ctx, "pull", "--quiet", b.verify(reference), "docker://"+reference)
	if err != nil {
		return err
	}
	return b.run(ctx, "tag", id, name)
}

// Forget removes a name from this machine's storage, and with it the image if nothing else names it. One that is not there is
// forgotten already.
func (b *Builder) Forget(ctx context.Context, name string) error {
	if _, err := b.output(ctx, "inspect", "--type", "image", "--format", "{{.FromImageID}}", name); err != nil && ctx.Err() == nil {
		return nil //nolint:nilerr // buildah knows no such name
	}
	return b.run(ctx, "rmi", name)
}
