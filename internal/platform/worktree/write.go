package worktree

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// Change is a file to write, or to remove where Remove is set.
type Change struct {
	// Path is below the project's root.
	Path    string
	Content []byte
	// Executable says that the file is a program. An existing file keeps its mode, and only becomes executable.
	Executable bool
	Remove     bool
}

// String tells in two words what the change did.
func (c Change) String() string {
	if c.Remove {
		return "removed " + c.Path
	}
	return "wrote " + c.Path
}

// Apply makes all changes or none: when one fails, every file is as it was. Each file changes at once, so that nobody reads
// half of one; a file that already is as it should be is not touched. The project is locked for that time, unless it is already.
func (t *Tree) Apply(changes []Change) (err error) {
	if t.locked == nil {
		if err := t.Lock(context.Background()); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.unlock()) }()
	}
	t.sweep(changes)
	return apply(t.root, changes)
}

// disk is what changes are made on. A path that leads out of the project through a link is an error of each method.
type disk interface {
	Lstat(name string) (fs.FileInfo, error)
	ReadFile(name string) ([]byte, error)
	WriteFile(name string, content []byte, mode fs.FileMode) error
	MkdirAll(name string, mode fs.FileMode) error
	Chmod(name string, mode fs.FileMode) error
	Link(old, new string) error
	Rename(old, new string) error
	Remove(name string) error
}

func apply(d disk, changes []Change) (err error) {
	var steps []*step
	run := rand.Text()
	defer func() {
		if err != nil {
			err = errors.Join(err, undo(d, steps))
		}
	}()
	for _, change := range changes {
		s, err := newStep(d, change)
		if err != nil {
			return fmt.Errorf("write %s: %w", change.Path, err)
		}
		if s == nil {
			continue
		}
		s.run = run
		steps = append(steps, s)
		if err := s.prepare(d, change); err != nil {
			return fmt.Errorf("write %s: %w", change.Path, err)
		}
	}
	for _, s := range steps {
		if err := s.swap(d); err != nil {
			return fmt.Errorf("write %s: %w", s.path, err)
		}
	}
	for _, s := range steps {
		_ = d.Remove(s.backup()) // the changes are made; what is left over harms nobody
	}
	return nil
}

// newStep looks at the file that a change replaces. It returns nil where the file is right already.
func newStep(d disk, change Change) (*step, error) {
	info, err := d.Lstat(change.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if change.Remove {
			return nil, nil
		}
		return &step{path: change.Path}, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case change.Remove:
		return &step{path: change.Path, exists: true, remove: true}, nil
	}
	content, err := d.ReadFile(change.Path)
	if err != nil || bytes.Equal(content, change.Content) {
		return nil, err
	}
	return &step{path: change.Path, exists: true, mode: info.Mode().Perm()}, nil
}

// step is a change in progress.
type step struct {
	path string
	// run tells the files of this run from those of others.
	run string
	// exists says that there was a file before.
	exists, remove bool
	// mode is that of the file before.
	mode fs.FileMode
	// saved says that the old file has its backup's name too, done that it is gone or replaced.
	saved, done bool
	// folders are those made for it, the outermost first.
	folders []string
}

func (s *step) fresh() string  { return s.beside("new") }
func (s *step) backup() string { return s.beside("old") }

func (s *step) beside(what string) string {
	return path.Join(path.Dir(s.path), "."+path.Base(s.path)+".stemma-"+s.run+"-"+what)
}

// prepare writes the new content beside the file.
func (s *step) prepare(d disk, change Change) error {
	if s.remove {
		return nil
	}
	for folder := path.Dir(s.path); folder != "."; folder = path.Dir(folder) {
		if _, err := d.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		s.folders = append([]string{folder}, s.folders...)
	}
	if err := d.MkdirAll(path.Dir(s.path), 0o755); err != nil {
		return err
	}
	programs := fs.FileMode(0)
	if change.Executable {
		programs = 0o111
	}
	if !s.exists {
		return d.WriteFile(s.fresh(), change.Content, 0o644|programs)
	}
	if err := d.WriteFile(s.fresh(), change.Content, 0o600); err != nil {
		return err
	}
	return d.Chmod(s.fresh(), s.mode|programs) // the umask does not apply to it
}

// swap puts the new file in the place of the old one, which keeps a second name until all is done.
func (s *step) swap(d disk) error {
	if s.exists {
		if err := s.save(d); err != nil {
			return err
		}
		s.saved = true
	}
	if s.remove {
		return nil
	}
	err := d.Rename(s.fresh(), s.path)
	s.done = err == nil
	return err
}

func (s *step) save(d disk) error {
	if !s.remove && d.Link(s.path, s.backup()) == nil {
		return nil
	}
	// to be removed, or on a file system without links
	return d.Rename(s.path, s.backup())
}

// undo puts everything back, the last step first.
func undo(d disk, steps []*step) error {
	var failed error
	for i := len(steps) - 1; i >= 0; i-- {
		failed = errors.Join(failed, steps[i].undo(d))
	}
	return failed
}

func (s *step) undo(d disk) error {
	var failed error
	switch {
	case s.saved:
		if failed = d.Rename(s.backup(), s.path); failed == nil {
			failed = removeIfThere(d, s.backup()) // a rename between two names of one file does nothing
		}
	case s.done:
		failed = d.Remove(s.path)
	}
	failed = errors.Join(failed, removeIfThere(d, s.fresh()))
	for i := len(s.folders) - 1; i >= 0; i-- {
		failed = errors.Join(failed, removeIfThere(d, s.folders[i]))
	}
	return failed
}

func removeIfThere(d disk, name string) error {
	if err := d.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
