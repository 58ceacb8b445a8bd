package worktree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Change is a file to write, or to remove where Remove is set.
type Change struct {
	// Path is below the project's root.
	Path    string
	Content []byte
	Remove  bool
}

// Apply makes all changes or none: when one fails, every file is as it was.
func (t *Tree) Apply(changes []Change) (err error) {
	var steps []step
	defer func() {
		if err != nil {
			err = errors.Join(err, t.undo(steps))
		}
	}()
	for _, change := range changes {
		s, err := t.prepare(change)
		steps = append(steps, s)
		if err != nil {
			return fmt.Errorf("write %s: %w", change.Path, err)
		}
	}
	for i := range steps {
		if err := t.swap(&steps[i]); err != nil {
			return fmt.Errorf("write %s: %w", steps[i].path, err)
		}
	}
	for _, s := range steps {
		if s.saved {
			_ = t.root.Remove(s.backup()) // a leftover of a change that was made
		}
	}
	return nil
}

// step is a change on its way.
type step struct {
	path   string
	remove bool
	// staged says that the new content stands beside the file, saved that the old one does, done that the new one is in place.
	staged, saved, done bool
	// folder is the first folder that was made for it, or empty.
	folder string
}

func (s step) fresh() string { return path.Join(path.Dir(s.path), "."+path.Base(s.path)+".stemma-new") }
func (s step) backup() string {
	return path.Join(path.Dir(s.path), "."+path.Base(s.path)+".stemma-old")
}

// prepare writes the new content beside the file.
func (t *Tree) prepare(change Change) (step, error) {
	s := step{path: change.Path, remove: change.Remove}
	if change.Remove {
		return s, nil
	}
	if info, err := t.root.Lstat(change.Path); err == nil && !info.Mode().IsRegular() {
		return s, errors.New("something that is no regular file stands there")
	}
	s.folder = t.firstMissing(path.Dir(change.Path))
	if err := t.root.MkdirAll(path.Dir(change.Path), 0o755); err != nil {
		return s, err
	}
	f, err := t.root.OpenFile(s.fresh(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return s, err
	}
	s.staged = true
	_, err = f.Write(change.Content)
	return s, errors.Join(err, f.Close())
}

// firstMissing is the topmost folder of a path that does not exist yet.
func (t *Tree) firstMissing(folder string) string {
	missing := ""
	for folder != "." {
		if _, err := t.root.Stat(folder); err == nil {
			break
		}
		missing, folder = folder, path.Dir(folder)
	}
	return missing
}

// swap puts the old file aside and the new one in its place.
func (t *Tree) swap(s *step) error {
	switch err := t.root.Rename(s.path, s.backup()); {
	case err == nil:
		s.saved = true
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if s.remove {
		return nil
	}
	if err := t.root.Rename(s.fresh(), s.path); err != nil {
		return err
	}
	s.staged, s.done = false, true
	return nil
}

// undo puts everything back.
func (t *Tree) undo(steps []step) error {
	var failed error
	for _, s := range steps {
		if s.staged {
			failed = errors.Join(failed, t.root.Remove(s.fresh()))
		}
		switch {
		case s.saved:
			failed = errors.Join(failed, t.root.Rename(s.backup(), s.path))
		case s.done:
			failed = errors.Join(failed, t.root.Remove(s.path))
		}
		if s.folder != "" {
			failed = errors.Join(failed, t.root.RemoveAll(s.folder))
		}
	}
	return failed
}
