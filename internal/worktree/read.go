package worktree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
)

// maxRead is how much of a file is read into memory at once. Nothing that a project is compiled from is nearly as large.
const maxRead = 64 << 20

// errNotRegular says that reading might never end.
var errNotRegular = errors.New("it is no regular file")

// EndWith lets all reading fail once the context has ended.
func (t *Tree) EndWith(ctx context.Context) { t.ended = ctx.Err }

// Open implements fs.FS. It refuses what is neither a file nor a folder, without waiting for a named pipe's other end.
func (t *Tree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if err := t.ended(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	opened, err := t.root.OpenFile(name, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, explain(err)
	}
	info, err := opened.Stat()
	switch {
	case err == nil && info.IsDir():
		return opened, nil
	case err == nil && info.Mode().IsRegular():
		return file{opened, t.ended}, nil
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

// ReadFile implements fs.ReadFileFS. It refuses a file that is too large before it reads it.
func (t *Tree) ReadFile(name string) ([]byte, error) {
	opened, err := t.Open(name)
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
