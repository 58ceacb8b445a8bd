package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairycmd"
)

// In a help text, pflag takes the first words in backquotes for the name of the flag's value.
func TestHelpNamesTheValueOfAFlagInOneWord(t *testing.T) {
	t.Parallel()
	std := console{Streams: cli.Streams{Out: io.Discard, Err: io.Discard}, getenv: func(string) string { return "" }}
	remaining := append(commands(std), fairycmd.New(std.Streams, nil))
	checked := 0
	for len(remaining) > 0 {
		var command *cobra.Command
		command, remaining = remaining[0], remaining[1:]
		remaining = append(remaining, command.Commands()...)
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			checked++
			if name, _ := pflag.UnquoteUsage(flag); strings.ContainsAny(name, " \t") {
				t.Errorf("the help of %s --%s calls its value %q, want one word: quote commands with '…'", command.CommandPath(), flag.Name, name)
			}
		})
	}
	if checked == 0 {
		t.Error("got no flags, want some")
	}
}
