// Package mirror is the job that copies images from outside to the project's registry.
package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Registry resolves, copies and tags images.
type Registry interface {
	Resolve(ctx context.Context, at oci.Reference) (oci.Digest, error)
	Copy(ctx context.Context, from oci.Reference, to oci.Repository, credentials oci.Credentials, log io.Writer) error
	Tag(ctx context.Context, from oci.Reference, tag schema.Tag, credentials oci.Credentials) error
}

// atOnce is how many images are copied at the same time: registries outside limit how often they are asked.
const atOnce = 4

// Run copies images from outside to the project's registry, for all platforms, unless the copy is up to date. If one copy fails, it continues
// with the others; the error names all that failed.
func Run(ctx context.Context, getenv func(string) string, log output.Log, registry Registry) error {
	if trial := jobenv.Trial(getenv); trial != "" {
		log.Printf("Nothing is mirrored: %s.", trial)
		return nil
	}
	r := jobenv.NewReader(getenv)
	own := r.ProjectRegistry()
	var listed []schema.Mirror
	if r.Required(schema.VarMirrors, "it lists the images to copy") != "" {
		r.Decode(schema.VarMirrors, &listed)
	}
	copies := make([]image, len(listed))
	for i, m := range listed {
		copies[i] = newImage(r, own, m)
	}
	if err := r.Err(); err != nil {
		return err
	}
	failures := make([]error, len(copies))
	var one sync.Mutex
	parallel.Each(len(copies), atOnce, func(i int) {
		var own bytes.Buffer
		if err := copies[i].copy(ctx, output.Log{Writer: &own}, registry); err != nil {
			failures[i] = fmt.Errorf("mirror %s: %w", copies[i].from, err)
		}
		one.Lock()
		defer one.Unlock()
		_, _ = own.WriteTo(log) // copying matters more than the log
	})
	return errors.Join(failures...)
}

// image is an image from outside, where its copy goes, and the tag that it has there.
type image struct {
	from oci.Reference
	to   oci.Repository
	tag  schema.Tag
}

func newImage(r *jobenv.Reader, own string, m schema.Mirror) image {
	c := image{from: r.Reference(schema.VarMirrors, m.From), tag: r.Tag(schema.VarMirrors, m.Tag)}
	if own != "" {
		c.to = r.Repository(schema.VarMirrors, own+"/"+m.Repository)
	}
	return c
}

// copy copies the image by its digest, and then sets the tag.
func (c image) copy(ctx context.Context, log output.Log, registry Registry) error {
	digest, err := registry.Resolve(ctx, c.from)
	if err != nil {
		return err
	}
	before, err := registry.Resolve(ctx, c.to.Tag(c.tag))
	if err != nil && !oci.IsNotFound(err) {
		return err
	}
	if before == digest {
		log.Printf("%s is already %s.", c.to.Tag(c.tag), digest)
		return nil
	}
	if err := registry.Copy(ctx, c.from.Repository().At(digest), c.to, oci.Credentials{}, log); err != nil {
		return err
	}
	if err := registry.Tag(ctx, c.to.At(digest), c.tag, oci.Credentials{}); err != nil {
		return err
	}
	was := "new"
	if !before.IsZero() {
		was = before.String()
	}
	log.Printf("%s: %s → %s", c.to.Tag(c.tag), was, digest)
	return nil
}
