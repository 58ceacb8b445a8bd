package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// Not parallel: the signals reach the whole process.
func TestSignalsCancelACommand(t *testing.T) {
	stopped := func(ctx context.Context) error {
		<-ctx.Done()
		return fmt.Errorf("pull a: %w", ctx.Err())
	}
	tests := map[string]struct {
		run  func(context.Context) error
		code int
		says string
	}{
		"it says what it was doing":    {stopped, 1, "stemma: cancelled: pull a\n"},
		"it was doing nothing":         {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 1, "stemma: cancelled\n"},
		"it found something before":    {func(ctx context.Context) error { <-ctx.Done(); return ErrFindings }, 1, ""},
		"it had ended its work":        {func(ctx context.Context) error { <-ctx.Done(); return nil }, 0, ""},
		"another failure at that time": {func(ctx context.Context) error { <-ctx.Done(); return errors.New("no\x1bspace") }, 1, "stemma: cancelled: no·space\n"},
		"it does not end":              {func(context.Context) error { time.Sleep(2 * allowance); return nil }, 1, "stemma: cancelled\n"},
	}
	for name, test := range tests {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			if name == "it does not end" && signal == syscall.SIGTERM {
				continue // it takes long
			}
			t.Run(name+" with "+signal.String(), func(t *testing.T) {
				var out bytes.Buffer
				code := cancellable(func(ctx context.Context) error {
					if err := syscall.Kill(os.Getpid(), signal); err != nil {
						return err
					}
					return test.run(ctx)
				}, &out)
				if code != test.code || out.String() != test.says {
					t.Errorf("got exit code %d and %q, want %d and %q", code, out.String(), test.code, test.says)
				}
			})
		}
	}
}
