package zuul

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// roots are the places of a configuration, in the order in which Zuul looks: the first that holds something is the only one.
var roots = []string{"zuul.yaml", "zuul.d", ".zuul.yaml", ".zuul.d"}

// ignoreFile is what makes Zuul pass over a folder.
const ignoreFile = ".zuul.ignore"

// configuration finds the files of the first place in the order of their paths, and the other places that hold something.
func configuration(tree fs.FS) (files, passed []string, err error) {
	for _, root := range roots {
		found, err := below(tree, root)
		switch {
		case err != nil:
			return nil, nil, err
		case len(found) == 0:
		case len(files) == 0:
			files = found
		default:
			passed = append(passed, root)
		}
	}
	return files, passed, nil
}

// below returns a file, or all YAML files of a folder.
func below(tree fs.FS, root string) ([]string, error) {
	info, err := fs.Stat(tree, root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		if path.Ext(root) != ".yaml" || info.Size() == 0 {
			return nil, nil
		}
		return []string{root}, nil
	}
	var files []string
	err = fs.WalkDir(tree, root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if _, err := fs.Stat(tree, path.Join(name, ignoreFile)); err == nil {
				return fs.SkipDir
			}
		case strings.HasSuffix(name, ".yaml"):
			files = append(files, name)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}
