// Package worktree is the project folder on disk: read through git's index, so that what is not committed changes
// nothing, and written all at once or not at all.
package worktree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
)

// Tree is a project folder as a file system. Its listings hold only files that git has; a file that is named opens whether git has it or not.
// It reads nothing outside the folder, not even through symbolic links.
type Tree struct {
	dir   string
	root  *os.Root
	fsys  rootFS
	files func() (*listing, error)
	// ended is the error of the context that ends all reading, once it has ended.
	ended func() error
	// locked is a folder with the lock of the project, or nil; isAlone says that no other process can have one.
	locked  *os.File
	isAlone bool
}

// rootFS is what os.Root.FS returns.
type rootFS interface {
	fs.StatFS
	fs.ReadDirFS
	fs.ReadLinkFS
}

// Open opens the project folder dir. The index is that of git's repository around it, or indexFile where that is not
// empty, as git sets GIT_INDEX_FILE for hooks; it is read when a folder is listed for the first time.
func Open(dir, indexFile string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the project: %w", err)
	}
	fsys, err := filesOf(root)
	if err != nil {
		return nil, fmt.Errorf("open the project: %w", err)
	}
	return &Tree{dir: dir, root: root, fsys: fsys, ended: func() error { return nil }, files: sync.OnceValues(func() (*listing, error) { return readListing(dir, indexFile) })}, nil
}

// Dir returns the path of the folder.
func (t *Tree) Dir() string { return t.dir }

func filesOf(root *os.Root) (rootFS, error) {
	fsys, ok := root.FS().(rootFS)
	if !ok {
		return nil, errors.New("this Go cannot read links below a folder")
	}
	return fsys, nil
}

// Close closes the folder, and ends its lock.
func (t *Tree) Close() error { return errors.Join(t.unlock(), t.root.Close()) }

// Stat implements fs.StatFS.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	info, err := t.fsys.Stat(name)
	return info, explain(t.root, err)
}

// Lstat implements fs.ReadLinkFS.
func (t *Tree) Lstat(name string) (fs.FileInfo, error) {
	info, err := t.fsys.Lstat(name)
	return info, explain(t.root, err)
}

// ReadLink implements fs.ReadLinkFS.
func (t *Tree) ReadLink(name string) (string, error) {
	target, err := t.fsys.ReadLink(name)
	return target, explain(t.root, err)
}

// ErrOutside says that a path leads out of the project. The compiler knows it by its method.
var ErrOutside error = outsideError{}

type outsideError struct{}

func (outsideError) Error() string { return "a symbolic link there escapes from the project" }

// IsOutside tells the compiler that the path leads out of the project.
func (outsideError) IsOutside() bool { return true }

// explain says in the user's words that a path leads out of the project. The standard library does not export its error for that, so the
// folder is asked for it.
func explain(root *os.Root, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var failure, escape *fs.PathError
	_, outside := root.Lstat("..")
	if errors.As(err, &failure) && errors.As(outside, &escape) && errors.Is(failure.Err, escape.Err) {
		return &fs.PathError{Op: failure.Op, Path: failure.Path, Err: ErrOutside}
	}
	return err
}

// ReadDir implements fs.ReadDirFS: the entries that git has, sorted.
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	files, err := t.files()
	if err != nil {
		return nil, &fs.PathError{Op: "list", Path: name, Err: err}
	}
	if files == nil {
		entries, err := t.fsys.ReadDir(name)
		return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".git" }), explain(t.root, err)
	}
	children, ok := files.names[name]
	if !ok {
		return nil, t.checkUnlisted(name)
	}
	entries := make([]fs.DirEntry, 0, len(children))
	for _, child := range children {
		info, err := t.fsys.Lstat(path.Join(name, child))
		switch {
		case errors.Is(err, fs.ErrNotExist) && files.left[path.Join(name, child)]:
			return nil, &fs.PathError{Op: "list", Path: name, Err: fmt.Errorf("a sparse checkout leaves out %s: run `git sparse-checkout disable`", path.Join(name, child))}
		case errors.Is(err, fs.ErrNotExist):
			continue // deleted, but not yet from the index
		case err != nil:
			return nil, explain(t.root, err)
		}
		entries = append(entries, fs.FileInfoToDirEntry(info))
	}
	return entries, nil
}

// checkUnlisted tells a folder in which git has nothing, such as a submodule, from a path that cannot be listed.
func (t *Tree) checkUnlisted(name string) error {
	info, err := t.Stat(name)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return &fs.PathError{Op: "list", Path: name, Err: errors.New("it is no folder")}
	}
	for part := name; part != "."; part = path.Dir(part) {
		if info, err := t.Lstat(part); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return &fs.PathError{Op: "list", Path: name, Err: fmt.Errorf("%s is a symbolic link, behind which git lists nothing: name the folder it leads to", part)}
		}
	}
	return nil
}

// Has reports whether git has a file. Without git every file counts as one that it has.
func (t *Tree) Has(name string) (bool, error) {
	files, err := t.files()
	if err != nil || files == nil {
		return err == nil, err
	}
	return slices.Contains(files.names[path.Dir(name)], path.Base(name)), nil
}

// Folder is the path of the project below the top of git's work tree, with forward slashes; "." without git.
func (t *Tree) Folder() (string, error) {
	found, err := findGit(t.dir)
	return found.folder, err
}
