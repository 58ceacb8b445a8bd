// Package cuetest lets the program of a test be stemma-cue as well.
package cuetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/cue/server"
)

// Main runs the tests with a stemma-cue on PATH, which is a link to the program of the test. A package calls it from its TestMain.
func Main(m *testing.M) {
	if filepath.Base(os.Args[0]) == string(client.Program) {
		os.Exit(server.Main(os.Args, os.Environ(), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "stemma-cue")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, string(client.Program)))
	}
	if err == nil {
		err = os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
