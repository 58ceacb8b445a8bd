package revision

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/process"
)

const (
	// maxMemory is the size in bytes up to which a file is read into memory. A larger one is streamed by a git of its own.
	maxMemory = 1 << 20
	// maxLink is the largest target of a link, in bytes, PATH_MAX in limits.h of Linux.
	maxLink = 4096
)

// objects reads git's objects. One git answers for sizes, and one for contents.
type objects struct {
	context    context.Context //nolint:containedctx // it is that of the command; fs.FS has none
	repository git.Repository
	mu         sync.Mutex
	sizes      *server
	contents   *server
	links      map[string]string
}

func newObjects(ctx context.Context, repository git.Repository) *objects {
	return &objects{context: ctx, repository: repository, links: map[string]string{}}
}

// server is a git that answers questions about objects, https://git-scm.com/docs/git-cat-file#_batch_output.
type server struct {
	command *exec.Cmd
	in      io.WriteCloser
	pipe    io.Closer
	out     *bufio.Reader
	log     *bytes.Buffer
}

// start starts a git. Its log and its exit code explain why it ended.
func (o *objects) start(args ...string) (*server, error) {
	environ, err := git.Limit(o.context, o.repository.Environ) // a partial clone fetches what it lacks
	if err != nil {
		return nil, err
	}
	// Git streams only blobs that are larger than this setting.
	command := process.Command(o.context, "git", append([]string{"-c", "core.bigFileThreshold=1m", "cat-file"}, args...)...)
	command.Dir, command.Env = o.repository.Dir, environ
	s := &server{command: command, log: &bytes.Buffer{}}
	command.Stderr = s.log
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.in, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	s.pipe, s.out = out, bufio.NewReader(out)
	return s, command.Start()
}

// ask asks a server for an object, and returns the object's size in bytes.
func (o *objects) ask(s **server, id, flag string) (int64, error) {
	if *s == nil {
		started, err := o.start(flag)
		if err != nil {
			return 0, err
		}
		*s = started
	}
	if _, err := io.WriteString((*s).in, id+"\n"); err != nil {
		return 0, (*s).explain(o.context, err)
	}
	header, err := (*s).out.ReadString('\n')
	if err != nil {
		return 0, (*s).explain(o.context, err)
	}
	words := strings.Fields(header)
	if len(words) != 3 {
		return 0, fmt.Errorf("git does not have the object %s: fetch the commit again", id)
	}
	return strconv.ParseInt(words[2], 10, 64)
}

// explain says why a server ended.
func (s *server) explain(ctx context.Context, err error) error {
	if cause := process.Cause(ctx, err); cause != err { //nolint:errorlint // it is the same error or another
		return cause
	}
	return errors.Join(err, s.command.Wait(), errors.New("git cat-file: "+strings.TrimSpace(s.log.String())))
}

// read returns a small object.
func (o *objects) read(id string) ([]byte, error) {
	size, err := o.ask(&o.contents, id, "--batch")
	if err != nil {
		return nil, err
	}
	content := make([]byte, size+1) // a line end follows
	if _, err := io.ReadFull(o.contents.out, content); err != nil {
		return nil, o.contents.explain(o.context, err)
	}
	return content[:size], nil
}

// link returns the target of a link.
func (o *objects) link(id string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if target, known := o.links[id]; known {
		return target, nil
	}
	size, err := o.ask(&o.sizes, id, "--batch-check")
	if err == nil && size > maxLink {
		err = errors.New("the target of the symbolic link is too long")
	}
	if err != nil {
		return "", err
	}
	target, err := o.read(id)
	if err == nil {
		o.links[id] = string(target)
	}
	return string(target), err
}

// open opens a file, a large one as a stream.
func (o *objects) open(i info, id string) (fs.File, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var err error
	if i.size, err = o.ask(&o.sizes, id, "--batch-check"); err != nil {
		return nil, err
	}
	if i.size <= maxMemory {
		content, err := o.read(id)
		return &file{info: i, Reader: bytes.NewReader(content)}, err
	}
	s, err := o.start("blob", id)
	if err != nil {
		return nil, err
	}
	return &file{info: i, Reader: s.out, close: s.close}, nil
}

// close ends a git: it reads the end of its input, or cannot write what nobody reads. How it ends does not matter.
func (s *server) close() {
	if s != nil {
		_ = errors.Join(s.in.Close(), s.pipe.Close(), s.command.Wait())
	}
}

func (o *objects) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sizes.close()
	o.contents.close()
}

// file is an open file.
type file struct {
	info
	io.Reader
	close func()
}

// Stat implements fs.File.
func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close implements fs.File.
func (f *file) Close() error {
	if f.close != nil {
		f.close()
	}
	return nil
}

// folder is an open folder.
type folder struct {
	info
	list func() ([]fs.DirEntry, error)
}

// Stat implements fs.File.
func (f *folder) Stat() (fs.FileInfo, error) { return f.info, nil }

// Read implements fs.File.
func (f *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: errors.New("it is a folder")}
}

// ReadDir implements fs.ReadDirFile. It returns all entries at once.
func (f *folder) ReadDir(int) ([]fs.DirEntry, error) { return f.list() }

// Close implements fs.File.
func (f *folder) Close() error { return nil }
