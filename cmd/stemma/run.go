package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, part of the manual.
const (
	// exitOK: nothing was found and all was done.
	exitOK = 0
	// exitFindings: the input has errors, or a test of an image failed.
	exitFindings = 1
	// exitUsage: the command line, or a variable that a job reads, is wrong.
	exitUsage = 2
	// exitOutside: something outside failed: a registry, the network, buildah, the file system.
	exitOutside = 3
)

// streams are what a command reads and writes; no command uses the process's own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errFindings ends a command whose findings have been printed.
var errFindings = errors.New("findings were printed")

// usageError is an error of the command line.
type usageError struct{ error }

// run executes one command line and returns the exit code.
func run(args []string, std streams, environ []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	root := newRootCommand(std, environ)
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	return exitCode(root.ExecuteContext(ctx), std.err)
}

func exitCode(err error, out io.Writer) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage):
		fmt.Fprintf(out, "stemma: %v\nRun `stemma help` for the commands and their flags.\n", err)
		return exitUsage
	default:
		fmt.Fprintf(out, "stemma: %v\n", err)
		return exitOutside
	}
}

// lookup returns a function that finds a variable of an environment.
func lookup(environ []string) func(string) string {
	vars := make(map[string]string, len(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		vars[name] = value
	}
	return func(name string) string { return vars[name] }
}

func newRootCommand(std streams, environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "stemma",
		Short:         "Compile image definitions to static GitLab CI, and run the jobs it compiles",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringP("directory", "C", ".", "the project's folder")
	getenv := lookup(environ)
	root.AddCommand(
		newInitCommand(getenv), newCompileCommand(std, getenv), newCheckCommand(std, getenv), newExplainCommand(std, getenv),
		newGraphCommand(std, getenv), newSchemaCommand(), newJobCommand(std, environ), newVersionCommand(),
	)
	return root
}

// noArguments refuses arguments, an unknown command among them, as wrong usage.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unknown command or argument %q for %q", args[0], cmd.CommandPath())}
	}
	return nil
}
