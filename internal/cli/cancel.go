package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// allowance is how long a command may go on when it is cancelled. It cleans up in that time; what does not end then, such as the
// wait for a lock, is left: nothing is published half, and a job that is killed anywhere can run again.
const allowance = 1800 * time.Millisecond

// cancellable runs a command until it ends, or a signal cancels it, and returns the exit code. A second signal ends it at once.
func cancellable(run func(context.Context) error, out io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	select {
	case err := <-ended:
		return ExitCode(err, out)
	case <-ctx.Done():
		stop()
	}
	select {
	case err := <-ended:
		return cancelled(err, out)
	case <-time.After(allowance):
		fmt.Fprintln(out, "stemma: cancelled")
		return exitFindings
	}
}

// cancelled is exitCode for a command that was cancelled: it says so, and what it was doing.
func cancelled(err error, out io.Writer) int {
	if err == nil || errors.Is(err, ErrFindings) {
		return ExitCode(err, out)
	}
	doing := strings.TrimSuffix(strings.TrimSuffix(err.Error(), context.Canceled.Error()), ": ")
	if doing != "" {
		doing = ": " + doing
	}
	fmt.Fprintf(out, "stemma: cancelled%s\n", terminal.Text(doing))
	return exitFindings
}
