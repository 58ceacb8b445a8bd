// Command stemma compiles image definitions to static GitLab CI and runs the jobs it compiles.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func main() {
	os.Exit(run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Environ()))
}

func run(args []string, std cli.Streams, environ []string) int {
	return cli.Run(args, std, environ, commands(std, cli.Lookup(environ))...)
}

func commands(std cli.Streams, getenv func(string) string) []*cobra.Command {
	return []*cobra.Command{
		newInitCommand(getenv), newCompileCommand(std, getenv), newCheckCommand(std, getenv), newExplainCommand(std, getenv),
		newGraphCommand(std, getenv), newSchemaCommand(), newWhyCommand(std, getenv), newRuntimeCommand(getenv), newImportCommand(std, getenv),
	}
}
