package local

import (
	"context"
	"maps"

	"gitlab.com/stemma-ci/stemma/internal/platform/buildah"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/schema"
)

// tools returns the builder of a task, which writes to the task's log.
func (t *task) tools() (Builder, error) {
	made, err := t.builder()
	if err != nil {
		return nil, err
	}
	return storeBuilder{made.To(t.jobLog()), t}, nil
}

// storeBuilder is a builder that finds the images of this machine in the store.
type storeBuilder struct {
	Builder
	task *task
}

// Build implements build.Builder.
func (h storeBuilder) Build(ctx context.Context, image buildah.Image, folder string) error {
	h.task.mu.Lock()
	h.task.run.built[h.task.number] = true
	h.task.mu.Unlock()
	image.Base = h.task.place(image.Base)
	if image.Containerfile == nil {
		return h.Builder.Build(ctx, image, folder)
	}
	c := *image.Containerfile
	c.Args, c.Contexts = maps.Clone(c.Args), maps.Clone(c.Contexts)
	for name, reference := range c.Contexts {
		c.Contexts[name] = h.task.place(reference)
	}
	if base := c.Args[schema.VarBaseImage]; base != "" {
		c.Args[schema.VarBaseImage] = h.task.place(base)
	}
	image.Containerfile = &c
	return h.Builder.Build(ctx, image, folder)
}

// Try implements imagetest.Runner.
func (h storeBuilder) Try(ctx context.Context, image buildah.Subject, trial buildah.Trial) (status int, output string, err error) {
	if image.Reference != "" {
		image.Reference = h.task.place(image.Reference)
	}
	return h.Builder.Try(ctx, image, trial)
}

// place returns the reference by which a builder finds an image: on the server of the store, or in its registry.
func (conn *connection) place(reference string) string {
	parsed, err := oci.ParseReference(reference)
	if err != nil || !conn.isInStore[parsed.Repository()] {
		return reference
	}
	there, err := conn.server.At(parsed)
	if err != nil {
		return reference
	}
	return there.String()
}
