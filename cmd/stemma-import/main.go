// Command stemma-import is `stemma import`, which starts it.
package main

import (
	"os"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/importcmd"
)

func main() {
	std, environ := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Environ()
	os.Exit(cli.RunOne(importcmd.New(std, cli.Lookup(environ)), os.Args[1:], std, environ))
}
