package rpmdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

// maxMemory is how much memory stemma-rpm may take, in bytes. The largest databases have about 100 MiB.
const maxMemory = 1 << 30

// Main is the program stemma-rpm: it prints the packages of the database that its only argument names, as a list in JSON, and returns the exit
// code.
func Main(args []string, out, problems io.Writer) int {
	os.Stdout = os.Stderr // the library prints messages
	if err := run(args, out); err != nil {
		fmt.Fprintln(problems, err)
		return 1
	}
	return 0
}

func run(args []string, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("`stemma packages` starts this program, with one file: a database of rpm")
	}
	debug.SetMemoryLimit(maxMemory * 3 / 4)
	if err := process.LimitMemory(maxMemory); err != nil {
		return fmt.Errorf("limit the memory: %w", err)
	}
	packages, err := Read(args[1])
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(packages)
}
