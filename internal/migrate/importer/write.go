package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// File is a file that an import writes.
type File struct {
	// Path is below the folder that the import writes to.
	Path    string
	Content []byte
	// Executable says that the file is a program.
	Executable bool
	// IsExtended says that the content has all of the file that exists, so that it can replace that.
	IsExtended bool
}

// Folder is where files are written: a worktree.Tree.
type Folder interface {
	fs.FS
	Apply(changes []worktree.Change) error
}

// ExistsError lists the files that exist already, with other content.
type ExistsError struct{ Paths []string }

// Error names the files and says what to do.
func (e *ExistsError) Error() string {
	shown, more, verb := e.Paths, "", "exist"
	if len(shown) == 1 {
		verb = "exists"
	}
	if len(shown) > 10 {
		shown, more = shown[:10], fmt.Sprintf(" and %d more", len(shown)-10)
	}
	return fmt.Sprintf("nothing was written: %s%s %s with other content; --force overwrites what is there", strings.Join(shown, ", "), more, verb)
}

// Write writes all files or none. Where a file exists with other content the error is an *ExistsError, unless force is set.
func Write(folder Folder, files []File, force bool) error {
	changes := make([]worktree.Change, len(files))
	var exist []string
	for i, file := range files {
		changes[i] = worktree.Change{Path: file.Path, Content: file.Content, Executable: file.Executable}
		content, err := fs.ReadFile(folder, file.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("read the existing %s: %w", file.Path, err)
		case !file.IsExtended && !bytes.Equal(content, file.Content):
			exist = append(exist, file.Path)
		}
	}
	if len(exist) > 0 && !force {
		return &ExistsError{exist}
	}
	if err := folder.Apply(changes); err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	return nil
}
