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
	// Folder is a folder of this machine that appears at the same place, and that the snippet starts in. Where it is empty, the
	// snippet starts in the image's own.
	Folder string
	// Limit is how long the snippet may take.
	Limit time.Duration
}

// ErrTooLong says that a snippet was ended because it took longer than its limit.
var ErrTooLong = errors.New("it took longer than its limit")

// Load takes an image from a folder in the layout of "dir:" into this machine's storage; remove takes it out again.
func (b *Builder) Load(ctx context.Context, folder string) (image Subject, remove func(), err error) {
	id, err := b.output(ctx, "pull", "--quiet", "dir:"+folder)
	if err != nil {
		return Subject{}, nil, fmt.Errorf("load the image for its tests: %w", err)
	}
	return Subject{ID: id}, func() { b.cleanup(ctx, "rmi", id) }, nil
}

// Try runs a snippet in a new container of an image and returns what it printed. The container is removed when it ends, also where it is
// ended. The status is that of the snippet; the error says that it could not be run to its end, ErrTooLong because of its limit. The
// snippet's environment is the image's: nothing of this process's.
func (b *Builder) Try(ctx context.Context, image Subject, trial Trial) (status int, output string, err error) {
	container, remove, err := b.container(ctx, image)
	if err != nil {
		return 0, "", err
	}
	defer remove()
	limited, stop := context.WithTimeoutCause(ctx, trial.Limit, ErrTooLong)
	defer stop()
	p := inside{container: container, program: shellScript(trial.Script)}
	if trial.Folder != "" {
		p.flags = []string{"--volume", trial.Folder + ":" + trial.Folder, "--workingdir", trial.Folder}
	}
	return statusOf(limited, b.config.Log, func(out io.Writer) error {
		p.stdout = out
		return b.runInside(limited, p)
	})
}

// container makes a container of an image; see from.
func (b *Builder) container(ctx context.Context, image Subject) (name string, remove func(), err error) {
	if image.ID == "" {
		return b.from(ctx, image.Reference, image.Platform)
	}
	name, err = b.output(ctx, "from", "--quiet", "--pull-never", "--name", b.newName(), image.ID)
	if err != nil {
		return "", nil, err
	}
	return name, func() { b.cleanup(ctx, "rm", name) }, nil
}

// RunOutside runs a shell snippet on this machine, with one more variable. The status is that of the snippet; the error says that it
// could not be run to its end.
func RunOutside(ctx context.Context, environ []string, log io.Writer, snippet, name, value string) (status int, output string, err error) {
	return RunOutsideIn(ctx, "", environ, log, snippet, name, value)
}

// RunOutsideIn is RunOutside in a folder.
func RunOutsideIn(ctx context.Context, folder string, environ []string, log io.Writer, snippet, name, value string) (status int, output string, err error) {
	command := process.Command(ctx, "/bin/sh", "-e", "-c", snippet)
	command.Dir = folder
	command.Env = append(slices.Clone(environ), name+"="+value)
	return statusOf(ctx, log, func(out io.Writer) error {
		command.Stdout, command.Stderr = out, out
		return command.Run()
	})
}

// statusOf runs a program, shows its output, and tells its own failure from a program that cannot be run.
func statusOf(ctx context.Context, log io.Writer, run func(out io.Writer) error) (status int, output string, err error) {
	var printed bytes.Buffer
	err = run(io.MultiWriter(&printed, log))
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return failed.ExitCode(), printed.String(), nil
	}
	return 0, printed.String(), process.Cause(ctx, err)
}
