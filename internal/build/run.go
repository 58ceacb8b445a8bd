package build

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/process"
)

// Container is a container of an image, in which commands run.
type Container struct {
	builder *Builder
	name    string
	remove  func()
}

// Start makes a container of an image, pinned by digest.
func (b *Builder) Start(ctx context.Context, reference, platform string) (*Container, error) {
	name, remove, err := b.from(ctx, reference, platform)
	if err != nil {
		return nil, err
	}
	return &Container{builder: b, name: name, remove: remove}, nil
}

// Close removes the container.
func (c *Container) Close() { c.remove() }

// Run runs a shell snippet in the container and returns what it printed. It starts in a folder of this machine, which appears at the
// same place, or, where that is empty, in the image's own. The status is that of the snippet; the error says that it could not be run
// at all.
func (c *Container) Run(ctx context.Context, script, folder string) (status int, output string, err error) {
	args := []string{"run"}
	if folder != "" {
		args = append(args, "--volume", folder+":"+folder, "--workingdir", folder)
	}
	command := c.builder.command(ctx, append(args, c.name, "--", "/bin/sh", "-e", "-c", script)...)
	return statusOf(ctx, command, c.builder.config.Log)
}

// Beside runs a shell snippet on this machine, with one more variable. The status is that of the snippet; the error says that it
// could not be run at all.
func Beside(ctx context.Context, environ []string, log io.Writer, snippet, name, value string) (status int, output string, err error) {
	return BesideIn(ctx, "", environ, log, snippet, name, value)
}

// BesideIn is Beside in a folder.
func BesideIn(ctx context.Context, folder string, environ []string, log io.Writer, snippet, name, value string) (status int, output string, err error) {
	command := process.Command(ctx, "/bin/sh", "-e", "-c", snippet)
	command.Dir = folder
	command.Env = append(slices.Clone(environ), name+"="+value)
	return statusOf(ctx, command, log)
}

// statusOf runs a command, shows what it prints, and tells its own failure from not being able to run it.
func statusOf(ctx context.Context, command *exec.Cmd, log io.Writer) (status int, output string, err error) {
	var printed bytes.Buffer
	both := io.MultiWriter(&printed, log)
	command.Stdout, command.Stderr = both, both
	err = command.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return failed.ExitCode(), printed.String(), nil
	}
	return 0, printed.String(), process.Cause(ctx, err)
}
