// Command stemma-import is `stemma import`, which starts it.
package main

import (
	"os"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importcmd"
)

func main() {
	std := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(cli.RunOne(importcmd.New(std, cli.Lookup(os.Environ())), os.Args[1:], std))
}
