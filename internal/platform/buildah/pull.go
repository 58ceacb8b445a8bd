package buildah

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// pull runs a command of buildah that pulls an image, and returns the line that it prints. buildah itself waits for a registry
// without a limit, so it is ended when it reads and writes next to nothing for too long.
func (b *Builder) pull(ctx context.Context, reference string, args ...string) (string, error) {
	limits, err := network.ParseLimits(value(b.environ, schema.VarTimeouts))
	if err != nil {
		return "", err
	}
	limit := limits.Answer + limits.Stall
	registry, _, _ := strings.Cut(reference, "/")
	stalled := outside.Mark(fmt.Errorf("%s sent next to nothing for %s: check the network, or set stall in %s to more", registry, limit, schema.VarTimeouts))
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	command := b.command(watched, args...)
	var out bytes.Buffer
	var end tail
	command.Stdout, command.Stderr = &out, io.MultiWriter(b.config.Log, &end)
	if err := command.Start(); err != nil {
		return "", fmt.Errorf("buildah %s: %w", args[0], err)
	}
	go watchTransfers(watched, command.Process.Pid, limit, func() { cancel(stalled) })
	err = command.Wait()
	switch cause := context.Cause(watched); {
	case err == nil:
		return strings.TrimSpace(out.String()), nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("buildah %s: %w", args[0], ctx.Err())
	case cause != nil:
		return "", cause
	default:
		return "", end.blame(fmt.Errorf("buildah %s: %w", args[0], err))
	}
}
