//go:build !unix

package process

import (
	"os"
	"os/exec"
)

// makeGroup does nothing: only the program itself is ended.
func makeGroup(*exec.Cmd) {}

func terminate(process *os.Process) error { return process.Kill() }
