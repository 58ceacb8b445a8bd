// Command stemma-rpm reads a database of rpm for `stemma packages`, which starts it.
package main

import (
	"os"

	"gitlab.com/stemma-ci/stemma/internal/platform/rpmdb"
)

func main() { os.Exit(rpmdb.Main(os.Args, os.Stdout, os.Stderr)) }
