// Package cli runs a command line of stemma: its streams, exit codes and errors.
package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
	"gitlab.com/stemma-ci/stemma/schema"
)

// Exit codes, part of the manual.
const (
	// exitOK: nothing was found and all was done.
	exitOK = 0
	// exitFindings: the project is at fault, or this machine: its input has errors, a build or a test of an image failed, a registry
	// refuses. The same command fails again.
	exitFindings = 1
	// exitUsage: the command line, or a variable that a job reads, is wrong.
	exitUsage = 2
	// exitOutside: a registry, GitLab, a package mirror or the way to it failed. The same command may pass later, and does no harm: a
	// job with `retry: exit_codes: [3]` is started again by GitLab, https://docs.gitlab.com/ci/yaml/#retryexit_codes.
	exitOutside = schema.ExitOutside
)

// Streams are what a command reads and writes; no command uses the process's own.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// ErrFindings ends a command whose findings have been printed.
var ErrFindings = errors.New("findings were printed")

// UsageError is an error of the command line.
type UsageError struct{ Err error }

// Usagef returns a UsageError with the error of fmt.Errorf.
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Error returns the error's text.
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e UsageError) Unwrap() error { return e.Err }

// Run executes one command line and returns the exit code.
func Run(args []string, std Streams, commands ...*cobra.Command) int {
	root := newRootCommand(commands)
	root.SetArgs(args)
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	return cancellable(root.ExecuteContext, std.Err)
}

// RunOne is Run for a program that has one command of stemma alone: its arguments are those that follow the command's name.
func RunOne(command *cobra.Command, args []string, std Streams) int {
	at := 0
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		at = 1 // the rest is the command line to complete
	}
	return Run(slices.Insert(slices.Clone(args), at, command.Name()), std, command)
}

// ExitCode prints an error and returns its exit code. What is not known to be a failure outside is not tried again.
func ExitCode(err error, out io.Writer) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, ErrFindings):
		return exitFindings
	}
	fmt.Fprintf(out, "stemma: %s\n", terminal.Text(err.Error()))
	var usage UsageError
	var variables interface{ IsAboutVariables() bool }
	switch {
	case errors.As(err, &usage):
		fmt.Fprintln(out, "Run `stemma help` for the commands and their flags.")
		return exitUsage
	case errors.As(err, &variables) && variables.IsAboutVariables():
		return exitUsage
	case outside.Is(err):
		return exitOutside
	default:
		return exitFindings
	}
}

// Lookup returns a function that finds a variable of an environment.
func Lookup(environ []string) func(string) string {
	vars := make(map[string]string, len(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		vars[name] = value
	}
	return func(name string) string { return vars[name] }
}
