package cli

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/platform/companion"
)

// Companion is a command that runs another program of this module.
type Companion struct {
	Program     companion.Program
	Name, Short string
}

// Command passes all arguments and flags to the program. Only the program knows its flags.
func (c Companion) Command(environ []string) *cobra.Command {
	return &cobra.Command{
		Use: c.Name, Short: c.Short, DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error { return c.Program.Run(args, environ) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			return c.complete(cmd.Context(), append(slices.Clone(args), toComplete), environ)
		},
	}
}

// complete asks the program for the completions of a command line. Without the program there are none.
func (c Companion) complete(ctx context.Context, args, environ []string) ([]string, cobra.ShellCompDirective) {
	file, err := c.Program.Find()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, file, append([]string{cobra.ShellCompRequestCmd}, args...)...)
	command.Env = environ
	out, err := command.Output()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return readCompletions(out)
}

// readCompletions reads what a program prints for `__complete`: a completion in each line, and the directive in the last one,
// https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md#debugging.
func readCompletions(out []byte) (completions []string, directive cobra.ShellCompDirective) {
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if number, isDirective := strings.CutPrefix(lines.Text(), ":"); isDirective {
			n, err := strconv.Atoi(number)
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return completions, cobra.ShellCompDirective(n)
		}
		completions = append(completions, lines.Text())
	}
	return nil, cobra.ShellCompDirectiveError
}
