package cli_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
)

// What a registry or a program said is part of errors.
func TestErrorsControlNoTerminal(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"an error": errors.New("a\x1b[2J\nb"), "wrong usage": cli.UsageError{Err: errors.New("a\x1b[2J\nb")}} {
		var out bytes.Buffer
		cli.Run([]string{"fail"}, cli.Streams{Out: &out, Err: &out}, &cobra.Command{Use: "fail", RunE: func(*cobra.Command, []string) error { return failure }})
		if want := "stemma: a·[2J\nb\n"; !bytes.HasPrefix(out.Bytes(), []byte(want)) {
			t.Errorf("%s: %q, want %q", name, out.String(), want)
		}
	}
}
