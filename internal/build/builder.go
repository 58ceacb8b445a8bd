// Package build makes images with buildah, a process of its own.
package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Config says how buildah is run.
type Config struct {
	// Environ is the process's environment. Of it, STORAGE_DRIVER and BUILDAH_ISOLATION choose how buildah works.
	Environ []string
	// Log receives what buildah and the image's scripts print.
	Log io.Writer
	// AuthFile holds the registries' credentials; it may be empty.
	AuthFile string
	// Insecure lists the registries, host or host:port, that are reached over plain HTTP.
	Insecure func(registry string) bool
}

// Builder runs buildah.
type Builder struct {
	config  Config
	environ []string
}

// New finds out how buildah works here: with the driver and isolation that the environment names, or else with overlay
// where that works and chroot, which needs no rights that a container does not have.
func New(ctx context.Context, config Config) (*Builder, error) {
	if _, err := exec.LookPath("buildah"); err != nil {
		return nil, errors.New("buildah is not installed: run the job in the runtime image, or install the package buildah")
	}
	b := &Builder{config: config, environ: slices.Clone(config.Environ)}
	if value(config.Environ, "BUILDAH_ISOLATION") == "" {
		b.environ = append(b.environ, "BUILDAH_ISOLATION=chroot")
	}
	if config.AuthFile != "" {
		b.environ = append(b.environ, "REGISTRY_AUTH_FILE="+config.AuthFile)
	}
	if driver := value(config.Environ, "STORAGE_DRIVER"); driver != "" {
		if err := b.probe(ctx, driver); err != nil {
			return nil, fmt.Errorf("buildah does not work with STORAGE_DRIVER=%s: %w; vfs works everywhere", driver, err)
		}
		return b, nil
	}
	return b, b.chooseDriver(ctx)
}

// chooseDriver prefers overlay, which shares the layers that vfs copies.
func (b *Builder) chooseDriver(ctx context.Context) error {
	var tried error
	for _, driver := range []string{"overlay", "vfs"} {
		err := b.probe(ctx, driver)
		if err == nil {
			b.environ = append(b.environ, "STORAGE_DRIVER="+driver)
			return nil
		}
		tried = errors.Join(tried, fmt.Errorf("%s: %w", driver, err))
	}
	return fmt.Errorf("buildah works with neither storage driver; set STORAGE_DRIVER, or let the runner allow user namespaces: %w", tried)
}

// probe asks buildah whether it can use a driver.
func (b *Builder) probe(ctx context.Context, driver string) error {
	command := b.command(ctx, "info", "--format", "{{.store.GraphDriverName}}")
	command.Env = append(command.Env, "STORAGE_DRIVER="+driver)
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, lastLine(said.String()))
	}
	return nil
}

func (b *Builder) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "buildah", args...)
	command.Env = slices.Clone(b.environ)
	command.Stderr = b.config.Log
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	return command
}

// run runs buildah and shows what it prints.
func (b *Builder) run(ctx context.Context, args ...string) error {
	command := b.command(ctx, args...)
	command.Stdout = b.config.Log
	if err := command.Run(); err != nil {
		return fmt.Errorf("buildah %s: %w", args[0], err)
	}
	return nil
}

// output runs buildah and returns the line that it prints.
func (b *Builder) output(ctx context.Context, args ...string) (string, error) {
	out, err := b.command(ctx, args...).Output()
	if err != nil {
		return "", fmt.Errorf("buildah %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// from makes a container of an image, and returns its name and what removes it again, even when the job is cancelled.
func (b *Builder) from(ctx context.Context, reference, platform string) (container string, remove func(), err error) {
	args := []string{"from", "--quiet", b.verify(reference)}
	if platform != "" {
		args = append(args, "--platform", platform)
	}
	if container, err = b.output(ctx, append(args, "docker://"+reference)...); err != nil {
		return "", nil, fmt.Errorf("pull %s: %w", reference, err)
	}
	return container, func() { b.cleanup("rm", container) }, nil
}

// cleanup removes what a build leaves, whether the job is cancelled or not.
func (b *Builder) cleanup(args ...string) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	command := b.command(ctx, args...)
	command.Stderr = io.Discard
	_ = command.Run() // the image stands; a leftover is the next cleanup's
}

// verify is the flag that says whether a reference's registry speaks TLS.
func (b *Builder) verify(reference string) string {
	registry, _, _ := strings.Cut(reference, "/")
	if b.config.Insecure(registry) {
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
