// Package companion starts the executables that ship beside stemma. They hold commands that a project needs once, so that
// stemma itself is smaller and starts faster.
package companion

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
)

// Program is the name of an executable, such as stemma-import. The folder cmd of this module has a package of the same name.
type Program string

// Init is the environment variable with which `stemma init` starts an import. It says itself what is left to do.
const Init = "STEMMA_INIT"

// MissingError says that a program is not installed, and how to install it.
type MissingError struct {
	Program Program
	// Beside is the folder of the running executable, where the program was expected.
	Beside string
}

// Error returns a message with the command that installs the program.
func (e *MissingError) Error() string {
	return fmt.Sprintf("the program %s is neither in %s nor on PATH; install it with:\n  %s", e.Program, e.Beside, e.Install())
}

// Run replaces the process with the program, which then has the standard streams, receives every signal and sets the exit code.
// Run returns only if that fails; the error is a *MissingError if there is no such program.
func (p Program) Run(args, environ []string) error {
	file, err := p.Find()
	if err != nil {
		return err
	}
	if err := replace(file, append([]string{string(p)}, args...), environ); err != nil {
		return fmt.Errorf("start %s: %w", file, err)
	}
	return nil
}

// Find returns the path of the program: in the folder of the running executable, or else on PATH.
func (p Program) Find() (string, error) {
	folder, err := ownFolder()
	if err != nil {
		return "", fmt.Errorf("find the folder of the running program: %w", err)
	}
	for _, candidate := range []string{filepath.Join(folder, string(p)), string(p)} {
		file, err := exec.LookPath(candidate)
		switch {
		case err == nil:
			return file, nil
		case !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("find %s: %w", p, err)
		}
	}
	return "", &MissingError{Program: p, Beside: folder}
}

// ownFolder is the folder of the running executable, or of the file that a symbolic link to it names.
func ownFolder() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	if own, err = filepath.EvalSymlinks(own); err != nil {
		return "", err
	}
	return filepath.Dir(own), nil
}

// Install returns the command that installs the program: in the version of this executable if that came from a module proxy too, which
// then has a checksum, https://pkg.go.dev/runtime/debug#Module.
func (e *MissingError) Install() string {
	version := "latest"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Sum != "" {
		version = info.Main.Version
	}
	return fmt.Sprintf("go install gitlab.com/stemma-ci/stemma/cmd/%s@%s", e.Program, version)
}
