// Command stemma-fairy is `stemma fairy`, which starts it, and ci-fairy where it is called that.
package main

import (
	"os"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/migrate/fairycmd"
)

func main() {
	std, environ := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Environ()
	os.Exit(cli.RunOne(fairycmd.New(std, environ), os.Args[1:], std, environ))
}
