package worktree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxRead is how much of a file is read into memory at once. Nothing that a project is compiled from is nearly as large.
const maxRead = 64 << 20

// errNotRegular says that reading might never end.
var errNotRegular = errors.New("it is no regular file")

// EndWith lets all reading fail once the context has ended.
func (t *Tree) EndWith(ctx context.Context) { t.ended = ctx.Err }

// Open implements fs.FS.
func (t *Tree) Open(name string) (fs.File, error) { return t.all().Open(name) }

// ReadFile implements fs.ReadFileFS.
func (t *Tree) ReadFile(name string) ([]byte, error) { return t.all().ReadFile(name) }

func (t *Tree) all() *Files { return &Files{t.fsys, t.root, t.ended} }

// Files are all files below a folder, whether git has them or not.
type Files struct {
	rootFS
	root *os.Root
	// ended is the error of the context that ends all reading, once it has ended.
	ended func() error
}

// NewFiles returns the files below a folder, which can be read until the context ends.
func NewFiles(ctx context.Context, root *os.Root) (*Files, error) {
	fsys, err := filesOf(root)
	return &Files{fsys, root, ctx.Err}, err
}

// ReadFile reads a file that may be anywhere, as Files does.
func ReadFile(ctx context.Context, name string) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files, err := NewFiles(ctx, root)
	if err != nil {
		return nil, err
	}
	return files.ReadFile(filepath.Base(name))
}

// Open implements fs.FS. It refuses what is neither a file nor a folder, without waiting for a named pipe's other end.
func (f *Files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if err := f.ended(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	opened, err := f.root.OpenFile(name, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, explain(f.root, err)
	}
	info, err := opened.Stat()
	switch {
	case err == nil && info.IsDir():
		return opened, nil
	case err == nil && info.Mode().IsRegular():
		return file{opened, f.ended}, nil
	case err == nil:
		err = &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	return nil, errors.Join(err, opened.Close())
}

// file is a regular file that can be read as long as the context lasts.
type file struct {
	fs.File
	ended func() error
}

// Read implements fs.File.
func (f file) Read(b []byte) (int, error) {
	if err := f.ended(); err != nil {
		return 0, err
	}
	return f.File.Read(b)
}

// ReadFile implements fs.ReadFileFS, as ReadAll does.
func (f *Files) ReadFile(name string) ([]byte, error) { return ReadAll(f, name) }

// ReadAll reads a file of a project. It refuses a file that is too large before it reads it.
func ReadAll(fsys fs.FS, name string) ([]byte, error) {
	opened, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRead {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it has more than %d MiB", maxRead>>20)}
	}
	return io.ReadAll(io.LimitReader(opened, maxRead))
}
