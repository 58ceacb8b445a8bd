package revision

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// maxLinks is how many links Linux follows before it takes them for a loop, path_resolution(7).
const maxLinks = 40

var errLoop = errors.New("too many levels of symbolic links")

// find returns the entry at a path and its path without links. With follow, it also follows a link at the path itself.
func (f *Files) find(op, name string, follow bool) (string, entry, error) {
	fail := func(err error) (string, entry, error) {
		return "", entry{}, &fs.PathError{Op: op, Path: name, Err: err}
	}
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	at, links, rest := ".", 0, strings.Split(name, "/")
	for len(rest) > 0 {
		next := path.Join(at, rest[0])
		if rest = rest[1:]; !fs.ValidPath(next) {
			return fail(worktree.ErrOutside)
		}
		e, ok := f.entries[next]
		switch {
		case !ok:
			return fail(fs.ErrNotExist)
		case e.mode&fs.ModeSymlink == 0 || len(rest) == 0 && !follow:
			at = next
			continue
		}
		target, err := f.objects.link(e.id)
		switch links++; {
		case err != nil:
			return fail(err)
		case path.IsAbs(target):
			return fail(worktree.ErrOutside)
		case links > maxLinks:
			return fail(errLoop)
		}
		rest = slices.Concat(strings.Split(target, "/"), rest)
	}
	return at, f.entries[at], nil
}
