// Package process starts other programs so that they end soon after their context does.
package process

import (
	"context"
	"os/exec"
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
