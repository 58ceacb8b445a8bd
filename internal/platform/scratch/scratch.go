// Package scratch makes temporary folders that do not outlive their command for long: where a command was killed, the next one removes
// its folders. A folder is locked as long as its command runs.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Names of folders. One that is not locked yet has another name, so that nobody takes it for that of a dead command.
const (
	prefix    = "stemma-run-"
	newPrefix = ".stemma-new-"
	// marker is a file in each folder.
	marker = ".stemma"
)

// Folder is a folder that only this user can read.
type Folder struct {
	Path string
	lock *os.File
}

// New makes a folder for what a word says, such as "build".
func New(what string) (*Folder, error) {
	made, err := os.MkdirTemp("", newPrefix)
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: filepath.Join(os.TempDir(), prefix+what+"-"+strings.TrimPrefix(filepath.Base(made), newPrefix))}
	if err = os.WriteFile(filepath.Join(made, marker), nil, 0o600); err == nil {
		if f.lock, err = lock(made); err == nil {
			err = os.Rename(made, f.Path)
		}
	}
	if err != nil {
		f.unlock()
		_ = os.RemoveAll(made) // nothing is in it
		return nil, fmt.Errorf("make a folder for the %s: %w", what, err)
	}
	return f, nil
}

// Name is the last part of the folder's path, which no other command on this machine has.
func (f *Folder) Name() string { return filepath.Base(f.Path) }

// IsFor reports whether the folder was made for what the word says.
func (f *Folder) IsFor(what string) bool { return strings.HasPrefix(f.Name(), prefix+what+"-") }

// Empty removes what is in the folder, and ends its lock. It is found among the dead again.
func (f *Folder) Empty() error {
	defer f.unlock()
	entries, err := os.ReadDir(f.Path)
	for _, entry := range entries {
		if entry.Name() != marker {
			err = errors.Join(err, os.RemoveAll(filepath.Join(f.Path, entry.Name())))
		}
	}
	return err
}

// Close removes the folder.
func (f *Folder) Close() error {
	if f == nil {
		return nil
	}
	defer f.unlock()
	return os.RemoveAll(f.Path)
}

func (f *Folder) unlock() {
	if f.lock != nil {
		_ = f.lock.Close() // that ends the lock
	}
}

// Pattern matches the names of folders that were made for what a word says.
func Pattern(what string) string { return prefix + what + "-*" }

// Dead returns the folders of commands of this user that were killed: those made for what a word says, or all where it is empty. Each is
// locked until it is closed.
func Dead(what string) []*Folder {
	pattern := prefix + "*"
	if what != "" {
		pattern = Pattern(what)
	}
	paths, _ := filepath.Glob(filepath.Join(os.TempDir(), pattern)) // the pattern is a good one
	var dead []*Folder
	for _, path := range paths {
		if _, err := os.Lstat(filepath.Join(path, marker)); err != nil || !isOurs(path) {
			continue
		}
		held, err := lock(path)
		if err != nil {
			continue // its command runs
		}
		dead = append(dead, &Folder{Path: path, lock: held})
	}
	return dead
}
