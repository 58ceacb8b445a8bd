package content

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxLinks is how many links Linux follows before it takes them for a loop, path_resolution(7).
const maxLinks = 40

// behind returns the paths that a symbolic link leads over: those of links, and that of its target, which may be missing. It returns
// nothing for a path that is no link, and no folder, nor any path outside of the project.
func behind(fsys fs.FS, link string) ([]string, error) {
	if kind, _, err := look(fsys, link); err != nil || kind != fs.ModeSymlink {
		return nil, err
	}
	var passed []string
	at, rest := ".", strings.Split(link, "/")
	for links := 0; len(rest) > 0; {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		if !fs.ValidPath(next) {
			return passed, nil
		}
		kind, target, err := look(fsys, next)
		if err != nil {
			return nil, err
		}
		if kind != fs.ModeDir {
			passed = append(passed, next)
		}
		if kind != fs.ModeSymlink {
			at = next
			continue
		}
		if links++; links > maxLinks || path.IsAbs(target) {
			return passed, nil
		}
		rest = slices.Concat(strings.Split(target, "/"), rest)
	}
	return passed, nil
}

// look returns the kind of file at a path and the target of a link. The kind is 0 for a regular file and where there is no file.
func look(fsys fs.FS, name string) (kind fs.FileMode, target string, err error) {
	info, err := fs.Lstat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, "", nil
	case err != nil:
		return 0, "", err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err = fs.ReadLink(fsys, name)
	}
	return info.Mode().Type(), target, err
}
