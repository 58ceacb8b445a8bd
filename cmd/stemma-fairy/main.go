// Command stemma-fairy is `stemma fairy`, which starts it, and ci-fairy where it is called that.
package main

import (
	"os"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairycmd"
)

func main() {
	std := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(cli.RunOne(fairycmd.New(std, os.Environ()), os.Args[1:], std))
}
