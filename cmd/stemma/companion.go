package main

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/desk/companion"
)

// companionCommand is a command of stemma that another program has.
type companionCommand struct {
	program     companion.Program
	name, short string
}

var (
	imports = companionCommand{"stemma-import", "import", "Make a definition of images that another system builds"}
	fairy   = companionCommand{"stemma-fairy", "fairy", "The commands of freedesktop's ci-fairy, which stemma also is when it is called that"}
)

// newCompanionCommand hands all arguments to the command's own program, and flags too: only that program knows them.
func newCompanionCommand(c companionCommand, environ []string) *cobra.Command {
	return &cobra.Command{
		Use: c.name, Short: c.short, DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error { return c.program.Run(args, environ) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			return c.complete(cmd.Context(), append(slices.Clone(args), toComplete), environ)
		},
	}
}

// complete asks the program for the completions of a command line. Without the program there are none.
func (c companionCommand) complete(ctx context.Context, args, environ []string) ([]string, cobra.ShellCompDirective) {
	file, err := c.program.Find()
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

// commandLine returns the arguments of a command line of stemma. Called ci-fairy, stemma is `stemma fairy`; and `help import zuul`
// is `import zuul --help`, which the program that knows zuul answers.
func commandLine(argv []string) []string {
	program, args := strings.TrimSuffix(filepath.Base(argv[0]), ".exe"), argv[1:]
	switch {
	case program == "ci-fairy":
		return append([]string{fairy.name}, args...)
	case len(args) > 1 && args[0] == "help" && (args[1] == imports.name || args[1] == fairy.name):
		return append(slices.Clone(args[1:]), "--help")
	default:
		return args
	}
}
