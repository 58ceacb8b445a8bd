// Command stemma compiles image definitions to static GitLab CI and runs the jobs it compiles.
package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairycmd"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importcmd"
)

func main() {
	os.Exit(run(asFairy(os.Args[0], os.Args[1:]), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Environ()))
}

func run(args []string, std cli.Streams, environ []string) int {
	return cli.Run(args, std, environ, commands(std, environ)...)
}

func commands(std cli.Streams, environ []string) []*cobra.Command {
	getenv := cli.Lookup(environ)
	return []*cobra.Command{
		newInitCommand(getenv), newCompileCommand(std, getenv), newCheckCommand(std, getenv), newExplainCommand(std, getenv),
		newGraphCommand(std, getenv), newSchemaCommand(), newEvaluateCommand(std, getenv), newWhyCommand(std, getenv), newRuntimeCommand(getenv), newLockCommand(std, getenv), newBumpCommand(std, environ), importcmd.New(std, getenv), newBuildCommand(std, environ), newPublishCommand(std, environ), newRollbackCommand(std, environ), newPruneCommand(std, environ), fairycmd.New(std, environ),
	}
}

// fairyName is the name under which stemma takes the arguments of ci-fairy.
const fairyName = "ci-fairy"

// asFairy turns a command line of ci-fairy into one of stemma.
func asFairy(program string, args []string) []string {
	if strings.TrimSuffix(filepath.Base(program), ".exe") != fairyName {
		return args
	}
	return append([]string{"fairy"}, args...)
}
