package buildah

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/schema"
)

// mostPulls is how often an image is pulled in all when a registry fails. buildah repeats some requests, but not those that a registry
// answers with 500.
const mostPulls = 3

// pull runs a command of buildah that pulls an image, and returns the line that it prints. It runs the command again when the
// registry cannot be reached, or fails.
func (b *Builder) pull(ctx context.Context, reference string, args ...string) (line string, err error) {
	retries := network.Retries{Most: mostPulls, Pause: cmp.Or(b.config.Backoff, 2*time.Second), Patience: time.Minute}
	try := 0
	_, ended := retries.Run(ctx, func() network.Outcome {
		if try++; try > 1 {
			fmt.Fprintf(b.config.Log, "Warning: the registry failed; pulling %s again, %d of %d.\n", reference, try, mostPulls)
		}
		var again bool
		line, again, err = b.pullOnce(ctx, reference, args...)
		return network.Outcome{Again: again}
	})
	return line, cmp.Or(err, ended)
}

// pullOnce runs the command once, and reports whether to run it again. buildah itself waits for a registry without a limit, so it is
// ended when it reads and writes next to nothing for too long. Such a wait is not repeated.
func (b *Builder) pullOnce(ctx context.Context, reference string, args ...string) (line string, again bool, err error) {
	limits, err := network.ParseLimits(b.value(schema.VarTimeouts))
	if err != nil {
		return "", false, err
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
		return "", false, fmt.Errorf("buildah %s: %w", args[0], err)
	}
	go watchTransfers(watched, command.Process.Pid, limit, func() { cancel(stalled) })
	err = command.Wait()
	switch cause := context.Cause(watched); {
	case err == nil:
		return strings.TrimSpace(out.String()), false, nil
	case ctx.Err() != nil:
		return "", false, fmt.Errorf("buildah %s: %w", args[0], ctx.Err())
	case cause != nil:
		return "", false, cause
	default:
		err = end.blame(fmt.Errorf("buildah %s: %w", args[0], err))
		return "", outside.Is(err), err
	}
}
