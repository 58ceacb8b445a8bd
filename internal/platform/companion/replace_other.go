//go:build !unix

package companion

import (
	"errors"
	"os"
	"os/exec"
)

// replace runs another executable and ends with its exit code: the system cannot replace a process. A console sends its signals
// to both.
func replace(file string, args, environ []string) error {
	command := exec.Command(file, args[1:]...)
	command.Args, command.Env = args, environ
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	os.Exit(command.ProcessState.ExitCode())
	return nil
}
