// Command stemma compiles image definitions to static GitLab CI and runs the jobs it compiles.
package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobcmd"
	"gitlab.com/stemma-ci/stemma/internal/cli"
)

var (
	imports = cli.Companion{Program: "stemma-import", Name: "import", Short: "Make a definition of images that another system builds"}
	fairy   = cli.Companion{Program: "stemma-fairy", Name: "fairy", Short: "Run the commands of freedesktop's ci-fairy"}
)

func main() {
	os.Exit(run(commandLine(os.Args), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Environ()))
}

func run(args []string, std cli.Streams, environ []string) int {
	return cli.Run(args, std, commands(console{std, environ, cli.Lookup(environ)})...)
}

// commands are the commands of stemma, in the order of its help.
func commands(std console) []*cobra.Command {
	return []*cobra.Command{
		newInitCommand(std),
		newCompileCommand(std),
		newCheckCommand(std),
		newResolveCommand(std),
		newPolicyCommand(std),
		newDiffCommand(std),
		newReviewCommand(std),
		newExplainCommand(std),
		newPlanCommand(std),
		newGraphCommand(std),
		newSchemaCommand(std),
		newPackagesCommand(std),
		newWhyCommand(std),
		newStatusCommand(std),
		newRuntimeCommand(std),
		newLockCommand(std),
		newBumpCommand(std),
		imports.Command(std.environ),
		newBuildCommand(std),
		newPublishCommand(std),
		newRollbackCommand(std),
		newPruneCommand(std),
		fairy.Command(std.environ),
		jobcmd.New(std.Streams, std.environ),
	}
}

// commandLine returns the arguments of a command line of stemma. Called ci-fairy, stemma is `stemma fairy`; and `help import zuul`
// is `import zuul --help`, which the program that knows zuul answers.
func commandLine(argv []string) []string {
	program, args := strings.TrimSuffix(filepath.Base(argv[0]), ".exe"), argv[1:]
	switch {
	case program == "ci-fairy":
		return append([]string{fairy.Name}, args...)
	case len(args) > 1 && args[0] == "help" && (args[1] == imports.Name || args[1] == fairy.Name):
		return append(slices.Clone(args[1:]), "--help")
	default:
		return args
	}
}
