// Command stemma-cue evaluates CUE for `stemma`, which starts it.
package main

import (
	"os"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/server"
)

func main() {
	os.Exit(server.Main(os.Args, os.Environ(), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
