// Command stemma-job is stemma with nothing but the commands that jobs run. It links no compiler, so it starts at once; the
// runtime image has it as stemma.
package main

import (
	"os"

	"gitlab.com/stemma-ci/stemma/internal/ci/jobcmd"
	"gitlab.com/stemma-ci/stemma/internal/cli"
)

func main() {
	std := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(cli.Run(os.Args[1:], std, jobcmd.New(std, os.Environ())))
}
