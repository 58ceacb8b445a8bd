// Package process starts other programs so that they end soon after their context does.
package process

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Grace is how long a program has to end by itself when it is asked to. A command that is cancelled has two seconds in all, and
// wants to clean up after that.
const Grace = 700 * time.Millisecond

// Command returns a program with everything that it starts. When the context ends, all of them are asked to end, and killed
// when they do not. They cannot ask at a terminal.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, name, args...)
	makeGroup(command)
	command.WaitDelay = Grace
	return command
}

// WithTerminal is Command for a program that may ask the user at the terminal, as git does for a password. Only itself is asked
// to end, and killed.
func WithTerminal(ctx context.Context, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, name, args...)
	command.Cancel = func() error { return terminate(command.Process) }
	command.WaitDelay = Grace
	return command
}

// Value returns the value of a variable in an environment, whose last entry for it counts; empty if there is none.
func Value(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// Cause returns why a program ended: context.Canceled where its context was cancelled, the cause of a limit that was exceeded,
// or else the error itself.
func Cause(ctx context.Context, err error) error {
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return context.Cause(ctx)
	default:
		return ctx.Err()
	}
}
