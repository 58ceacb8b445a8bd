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
	// forget ends the credentials.
	forget func()
}

// Close ends what the builder keeps in memory.
func (b *Builder) Close() { b.forget() }

// New finds out how buildah works here: with the driver and isolation that the environment names, or else with overlay
// where that works, and chroot, which needs no rights that a container does not have.
func New(ctx context.Context, config Config) (*Builder, error) {
	if _, err := exec.LookPath("buildah"); err != nil {
		return nil, errors.New("buildah is not installed: run the job in the runtime image, or install the package buildah")
	}
	b := &Builder{config: config, environ: slices.Clone(config.Environ)}
	if value(config.Environ, "BUILDAH_ISOLATION") == "" {
		b.environ = append(b.environ, "BUILDAH_ISOLATION=chroot")
	}
	auth, forget, err := scratch.Secret(config.Scratch, "auth.json", config.Auth)
	if err != nil {
		return nil, fmt.Errorf("keep the registries' credentials for buildah: %w", err)
	}
	b.forget = forget
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
	_, err := b.watch(ctx, args...)
	return err
}

// watch runs a command, and returns the end of its output.
func (b *Builder) watch(ctx context.Context, args ...string) (printed string, err error) {
	command := b.command(ctx, args...)
	var end tail
	both := io.MultiWriter(b.config.Log, &end)
	command.Stdout, command.Stderr = both, both
	if err = process.Cause(ctx, command.Run()); err != nil {
		err = end.blame(fmt.Errorf("buildah %s: %w%s", args[0], err, b.cause(&end)))
	}
	return string(end.text), err
}

// output runs buildah and returns the line that it prints.
func (b *Builder) output(ctx context.Context, args ...string) (string, error) {
	command := b.command(ctx, args...)
	var end tail
	command.Stderr = io.MultiWriter(b.config.Log, &end)
	out, err := command.Output()
	if err != nil {
		return "", end.blame(fmt.Errorf("buildah %s: %w", args[0], process.Cause(ctx, err)))
	}
	return strings.TrimSpace(string(out)), nil
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

// verify is the flag that says whether a reference's registry speaks TLS.
func (b *Builder) verify(reference string) string {
	if b.isInsecure(reference) {
		return "--tls-verify=false"
	}
	return "--tls-verify=true"
}

func value(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if rest, ok := strings.CutPrefix(entry, name+"="); ok {
			return rest
		}
	}
	return ""
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
