// Command stemma compiles image definitions to static GitLab CI and runs the jobs it compiles.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobcmd"
	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func main() {
	os.Exit(run(commandLine(os.Args), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Environ()))
}

func run(args []string, std cli.Streams, environ []string) int {
	return cli.Run(args, std, commands(std, environ)...)
}

func commands(std cli.Streams, environ []string) []*cobra.Command {
	getenv := cli.Lookup(environ)
	return []*cobra.Command{
		newInitCommand(getenv),
		newCompileCommand(std, getenv),
		newCheckCommand(std, getenv),
		newExplainCommand(std, getenv),
		newGraphCommand(std, getenv),
		newSchemaCommand(),
		newEvaluateCommand(std, getenv),
		newWhyCommand(std, getenv),
		newRuntimeCommand(getenv),
		newLockCommand(std, getenv),
		newBumpCommand(std, environ),
		newCompanionCommand(imports, environ),
		newBuildCommand(std, environ),
		newPublishCommand(std, environ),
		newRollbackCommand(std, environ),
		newPruneCommand(std, environ),
		newCompanionCommand(fairy, environ),
		jobcmd.New(std, environ),
	}
}
