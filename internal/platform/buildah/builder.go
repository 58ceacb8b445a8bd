// Package buildah makes images with buildah, a process of its own.
package buildah

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/process"
	"gitlab.com/stemma-ci/stemma/internal/platform/scratch"
)

// Config says how buildah is run.
type Config struct {
	// Environ is the process's environment. Of it, STORAGE_DRIVER and BUILDAH_ISOLATION choose how buildah works.
	Environ []string
	// Log receives what buildah and the image's scripts print.
	Log io.Writer
	// Phase is called when a phase of a build begins: "pull", "install", "run", "build" or "write", with a title for people. It may be nil.
	Phase func(name, title string)
	// Scratch is a folder for this builder alone; whoever made it removes it.
	Scratch string
	// Auth are the registries' credentials, the JSON of a Docker configuration.
	Auth []byte
	// Insecure lists the registries, host or host:port, that are reached over plain HTTP.
	Insecure func(registry string) bool
	// Plain is one more such registry, host:port, that only this process serves; it may be empty.
	Plain string
	// Backoff is the first pause before a pull is repeated; two seconds if zero.
	Backoff time.Duration
}

// Builder runs buildah.
type Builder struct {
	config  Config
	environ []string
}

// New finds out how buildah works here: with the driver and isolation that the environment names, or else with overlay
// where that works, and chroot, which needs no rights that a container does not have.
func New(ctx context.Context, config Config) (*Builder, error) {
	if _, err := exec.LookPath("buildah"); err != nil {
		return nil, errors.New("buildah is not installed: run the job in the runtime image, or install the package buildah")
	}
	b := &Builder{config: config, environ: slices.Clone(config.Environ)}
	if process.Value(config.Environ, "BUILDAH_ISOLATION") == "" {
		b.environ = append(b.environ, "BUILDAH_ISOLATION=chroot")
	}
	auth, _, err := scratch.Secret(config.Scratch, "auth.json", config.Auth) // it is needed until the command ends
	if err != nil {
		return nil, fmt.Errorf("keep the registries' credentials for buildah: %w", err)
	}
	b.environ = append(b.environ, "REGISTRY_AUTH_FILE="+auth)
	if config.Plain != "" {
		if b, err = b.withPlain(filepath.Join(config.Scratch, "registries.conf"), config.Plain); err != nil {
			return nil, err
		}
	}
	return b, b.chooseStorage(ctx)
}

// WithLog is the same builder with another log, and another function for phases, which may be nil.
func (b *Builder) WithLog(log io.Writer, phase func(name, title string)) *Builder {
	other := *b
	other.config.Log, other.config.Phase = log, phase
	return &other
}

// phase reports that a phase begins.
func (b *Builder) phase(name, title string) {
	if b.config.Phase != nil {
		b.config.Phase(name, title)
	}
}

func (b *Builder) command(ctx context.Context, args ...string) *exec.Cmd {
	command := process.Command(ctx, "buildah", args...)
	command.Env = slices.Clone(b.environ)
	command.Stderr = b.config.Log
	return command
}

// run runs buildah and shows what it prints.
func (b *Builder) run(ctx context.Context, args ...string) error {
	command := b.command(ctx, args...)
	_, err := b.shown(ctx, args[0], func(out io.Writer) error {
		command.Stdout, command.Stderr = out, out
		return command.Run()
	})
	return err
}

// watchInside runs a program in a container, and returns the end of its output.
func (b *Builder) watchInside(ctx context.Context, p inside) (printed string, err error) {
	return b.shown(ctx, "run", func(out io.Writer) error {
		p.stdout = out
		return b.runInside(ctx, p)
	})
}

// shown runs a command whose output is shown, and returns the end of the output.
func (b *Builder) shown(ctx context.Context, name string, run func(out io.Writer) error) (printed string, err error) {
	var end tail
	if err = process.Cause(ctx, run(io.MultiWriter(b.config.Log, &end))); err != nil {
		err = end.blame(fmt.Errorf("buildah %s: %w%s", name, err, b.cause(&end)))
	}
	return string(end.text), err
}

// output runs buildah and returns the line that it prints.
func (b *Builder) output(ctx context.Context, args ...string) (string, error) {
	command := b.command(ctx, args...)
	return b.answered(ctx, args[0], func(out, messages io.Writer) error {
		command.Stdout, command.Stderr = out, messages
		return command.Run()
	})
}

// outputInside runs a program in a container, and returns what it prints.
func (b *Builder) outputInside(ctx context.Context, p inside) (string, error) {
	return b.answered(ctx, "run", func(out, messages io.Writer) error {
		p.stdout, p.stderr = out, messages
		return b.runInside(ctx, p)
	})
}

// answered runs a command whose messages are shown, and returns its output.
func (b *Builder) answered(ctx context.Context, name string, run func(out, messages io.Writer) error) (string, error) {
	var end tail
	var out strings.Builder
	if err := run(&out, io.MultiWriter(b.config.Log, &end)); err != nil {
		return "", end.blame(fmt.Errorf("buildah %s: %w", name, process.Cause(ctx, err)))
	}
	return strings.TrimSpace(out.String()), nil
}

// from makes a container of an image, and returns its name and what removes it again, even when the job is cancelled.
func (b *Builder) from(ctx context.Context, reference, platform string, flags ...string) (container string, remove func(), err error) {
	args := append([]string{"from", "--quiet", "--name", b.newName(), b.verify(reference)}, flags...)
	if platform != "" {
		args = append(args, "--platform", platform)
	}
	if container, err = b.pull(ctx, reference, append(args, "docker://"+reference)...); err != nil {
		return "", nil, fmt.Errorf("pull %s: %w", reference, err)
	}
	return container, func() { b.cleanup(ctx, "rm", container) }, nil
}

// fromLocal is from for an image in this machine's storage.
func (b *Builder) fromLocal(ctx context.Context, id string) (container string, remove func(), err error) {
	container, err = b.output(ctx, "from", "--quiet", "--pull-never", "--name", b.newName(), id)
	if err != nil {
		return "", nil, err
	}
	return container, func() { b.cleanup(ctx, "rm", container) }, nil
}

// cleanup removes what a build leaves, whether the job is cancelled or not. There is little time for that when it is.
func (b *Builder) cleanup(ctx context.Context, args ...string) {
	limit := time.Minute
	if ctx.Err() != nil {
		limit = process.Grace / 2
	}
	limited, stop := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer stop()
	command := b.command(limited, args...)
	command.Stderr = io.Discard
	_ = command.Run() // the image is complete; the next cleanup removes a leftover
}

// value returns the value of a variable in buildah's environment.
func (b *Builder) value(name string) string { return process.Value(b.environ, name) }

// verify is the flag that says whether a reference's registry speaks TLS.
func (b *Builder) verify(reference string) string {
	if b.isInsecure(reference) {
		return "--tls-verify=false"
	}
	return "--tls-verify=true"
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
