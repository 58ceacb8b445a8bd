package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobenv"
	"gitlab.com/stemma-ci/stemma/internal/ci/output"

	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// mirrorsAtOnce is how many images are copied at the same time: registries outside limit how often they are asked.
const mirrorsAtOnce = 4

// Mirror copies images from outside to the project's registry, for all platforms, where the copy is not the same already. One that
// fails keeps no other from being copied; the error names all that failed.
func Mirror(ctx context.Context, env Env) error {
	if trial := jobenv.Trial(env.Getenv); trial != "" {
		env.Log.Printf("Nothing is mirrored: %s.", trial)
		return nil
	}
	r := &reader{jobenv.NewReader(env.Getenv)}
	own := r.ProjectRegistry()
	var listed []schema.Mirror
	if r.Required(schema.VarMirrors, "it lists the images to copy") != "" {
		r.Decode(schema.VarMirrors, &listed)
	}
	copies := make([]mirrorCopy, len(listed))
	for i, m := range listed {
		copies[i] = r.mirrorCopy(own, m)
	}
	if err := r.Err(); err != nil {
		return err
	}
	failures := make([]error, len(copies))
	var one sync.Mutex
	parallel.Each(len(copies), mirrorsAtOnce, func(i int) {
		var log bytes.Buffer
		own := env
		own.Log = output.Log{Writer: &log}
		if err := copies[i].run(ctx, own); err != nil {
			failures[i] = fmt.Errorf("mirror %s: %w", copies[i].from, err)
		}
		one.Lock()
		defer one.Unlock()
		_, _ = log.WriteTo(env.Log) // a log that is gone is no reason not to copy
	})
	return errors.Join(failures...)
}

// mirrorCopy is an image from outside, where its copy goes, and the tag that it has there.
type mirrorCopy struct {
	from oci.Reference
	to   oci.Repository
	tag  string
}

func (r *reader) mirrorCopy(own string, m schema.Mirror) mirrorCopy {
	c := mirrorCopy{from: r.Reference(schema.VarMirrors, m.From), tag: m.Tag}
	if own != "" {
		c.to = r.Repository(schema.VarMirrors, own+"/"+m.Repository)
	}
	if !jobenv.IsTag(m.Tag) {
		r.Fail("%s: %q is not a tag", schema.VarMirrors, m.Tag)
	}
	return c
}

// run copies the image by its digest, and only then lets the tag name it.
func (c mirrorCopy) run(ctx context.Context, env Env) error {
	digest, err := env.Registry.Resolve(ctx, c.from)
	if err != nil {
		return err
	}
	before, err := env.Registry.Resolve(ctx, c.to.Tag(c.tag))
	if err != nil && !oci.IsNotFound(err) {
		return err
	}
	if before == digest {
		env.Log.Printf("%s is already %s.", c.to.Tag(c.tag), digest)
		return nil
	}
	if err := env.Registry.Copy(ctx, c.from.Repository().At(digest), c.to, oci.Credentials{}, env.Log); err != nil {
		return err
	}
	if err := env.Registry.Tag(ctx, c.to.At(digest), c.tag, oci.Credentials{}); err != nil {
		return err
	}
	env.Log.Printf("%s: %s → %s", c.to.Tag(c.tag), orNothing(before), digest)
	return nil
}
