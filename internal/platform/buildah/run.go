package buildah

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Subject is an image that tests run in.
type Subject struct {
	// Reference is pinned by digest, and pulled. It is empty where the image is in this machine's storage under an ID.
	Reference string
	// Platform chooses an image of an index; it may be empty.
	Platform string
	// ID is the digest of the configuration, as Load returns it.
	ID string
}

// Trial is a shell snippet to run in an image.
type Trial struct {
	Script string
	// Folder is a folder of this machine. It has the same path in the container, and the snippet starts there. If it is empty, the snippet
	// starts in the working folder of the image.
	Folder string
	// Limit is how long the snippet may take.
	Limit time.Duration
}

// ErrTooLong says that a snippet was ended because it took longer than its limit.
var ErrTooLong = errors.New("it took longer than its limit")

// Load copies an image from a folder in the layout of "dir:" to this machine's storage; remove deletes it there.
func (b *Builder) Load(ctx context.Context, folder string) (image Subject, remove func(), err error) {
	id, err := b.output(ctx, "pull", "--quiet", "dir:"+folder)
	if err != nil {
		return Subject{}, nil, fmt.Errorf("load the image for its tests: %w", err)
	}
	return Subject{ID: id}, func() { b.cleanup(ctx, "rmi", id) }, nil
}

// Try runs a snippet in a new container of an image and returns what it printed. The container is removed in any case. The status is that of
// the snippet; the error says that it could not be run to its end, ErrTooLong because of its limit. The snippet has the environment of the
// image, and no variables of this process.
func (b *Builder) Try(ctx context.Context, image Subject, trial Trial) (status int, output string, err error) {
	container, remove, err := b.container(ctx, image)
	if err != nil {
		return 0, "", err
	}
	defer remove()
	limited, stop := context.WithTimeoutCause(ctx, trial.Limit, ErrTooLong)
	defer stop()
	var printed bytes.Buffer
	p := inside{container: container, program: shellScript(trial.Script), stdout: io.MultiWriter(&printed, b.config.Log)}
	if trial.Folder != "" {
		p.flags = []string{"--volume", trial.Folder + ":" + trial.Folder, "--workingdir", trial.Folder}
	}
	status, err = statusOf(limited, b.runInside(limited, p))
	return status, printed.String(), err
}

// container makes a container of an image; see from.
func (b *Builder) container(ctx context.Context, image Subject) (name string, remove func(), err error) {
	if image.ID == "" {
		return b.from(ctx, image.Reference, image.Platform)
	}
	return b.fromLocal(ctx, image.ID)
}

// RunOutside runs a shell snippet on this machine, with the reference of an image in schema.VarImageReference. An empty folder is that of this
// process. The status is that of the snippet; the error says that it could not be run to its end.
func RunOutside(ctx context.Context, folder string, environ []string, log io.Writer, snippet, image string) (status int, output string, err error) {
	command := process.Command(ctx, "/bin/sh", "-e", "-c", snippet)
	command.Dir = folder
	command.Env = append(slices.Clone(environ), schema.VarImageReference+"="+image)
	var printed bytes.Buffer
	out := io.MultiWriter(&printed, log)
	command.Stdout, command.Stderr = out, out
	status, err = statusOf(ctx, command.Run())
	return status, printed.String(), err
}

// statusOf returns the exit status of a snippet that failed, or the error of one that could not be run to its end.
func statusOf(ctx context.Context, err error) (int, error) {
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return failed.ExitCode(), nil
	}
	return 0, process.Cause(ctx, err)
}
