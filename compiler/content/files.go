package content

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Glob returns the files that a pattern with *, **, ?, [] and {} names, sorted.
func Glob(fsys fs.FS, pattern string) ([]string, error) {
	if err := CheckPattern(pattern); err != nil {
		return nil, err
	}
	files, err := doublestar.Glob(fsys, pattern, doublestar.WithFilesOnly(), doublestar.WithNoFollow(), doublestar.WithFailOnIOErrors())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	slices.Sort(files)
	return files, err
}

// Literal returns the pattern that names one path and nothing else.
func Literal(path string) string { return escape.Replace(path) }

var escape = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`)

// Set returns the set of the given files.
func (f *Files) Set(paths ...string) *Set {
	return &Set{Paths: slices.Sorted(slices.Values(paths)), files: f}
}

// Glob returns the files that a pattern names.
func (f *Files) Glob(pattern string) (*Set, error) {
	return once(f.globs, pattern, func() (*Set, error) {
		found, err := Glob(f.fsys, pattern)
		return f.Set(slices.DeleteFunc(found, f.isLeftOut)...), err
	})
}

// sent names what a build sends to the builder: a folder without what an ignore file excludes.
type sent struct{ folder, ignore string }

// Context returns the files that a build sends to the builder: those below a folder that no ignore file excludes,
// and the ignore file itself. The Containerfile's own ignore file comes before the folder's, and .containerignore before
// .dockerignore, as in buildah. The error is fs.ErrNotExist only where there is no Containerfile.
func (f *Files) Context(folder, containerfile string) (*Set, error) {
	if err := checkContext(f.fsys, folder, containerfile); err != nil {
		return nil, err
	}
	ignore, err := ignoreFile(f.fsys, folder, containerfile)
	if err != nil {
		return nil, err
	}
	all, err := f.Folder(folder)
	if err != nil || ignore == "" {
		return all, err
	}
	from := sent{folder, ignore}
	return once(f.contexts, from, func() (*Set, error) { return f.withoutIgnored(all, from) })
}

// withoutIgnored leaves out of the files of a folder those that an ignore file excludes.
func (f *Files) withoutIgnored(all *Set, from sent) (*Set, error) {
	matcher, err := readIgnore(f.fsys, from.ignore)
	if err != nil {
		return nil, err
	}
	files := []string{from.ignore}
	for _, name := range all.Paths {
		ignored, err := matcher.MatchesOrParentMatches(below(from.folder, name))
		if err != nil {
			return nil, err
		}
		if !ignored && name != from.ignore {
			files = append(files, name)
		}
	}
	return f.Set(files...), nil
}

// Folder returns the files below a folder. No ignore file counts, as in buildah for a folder that is not the context itself.
func (f *Files) Folder(folder string) (*Set, error) {
	return once(f.folders, folder, func() (*Set, error) {
		if err := checkFolder(f.fsys, folder); err != nil {
			return nil, err
		}
		var files []string
		err := fs.WalkDir(f.fsys, folder, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !f.isLeftOut(name) {
				files = append(files, name)
			}
			return err
		})
		return f.Set(files...), err
	})
}

// Mistakes that a file system alone does not tell from a missing file.
var (
	errNoFolder = &missing{"there is no such folder"}
	errFolder   = &missing{"it is a folder"}
	errDangling = errors.New("it is a symbolic link to nothing")
)

// checkContext makes sure that the Containerfile can be read, also where it is a link, and that the folder is one, also before its
// ignore file is looked for.
func checkContext(fsys fs.FS, folder, containerfile string) error {
	_, err := fs.Stat(fsys, containerfile)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := fs.Lstat(fsys, containerfile); err == nil {
			return &fs.PathError{Op: "read", Path: containerfile, Err: errDangling}
		}
	}
	if err != nil {
		return err
	}
	return checkFolder(fsys, folder)
}

func checkFolder(fsys fs.FS, folder string) error {
	switch info, err := fs.Stat(fsys, folder); {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir():
		return &fs.PathError{Op: "list", Path: folder, Err: errNoFolder}
	default:
		return err
	}
}

// ignoreFile returns the ignore file of a build, or nothing.
func ignoreFile(fsys fs.FS, folder, containerfile string) (string, error) {
	for _, candidate := range []string{
		containerfile + ".containerignore", containerfile + ".dockerignore",
		path.Join(folder, ".containerignore"), path.Join(folder, ".dockerignore"),
	} {
		switch _, err := fs.Stat(fsys, candidate); {
		case err == nil:
			return candidate, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return "", nil
}

// maxIgnoreFile bounds an ignore file: each file of the context is compared with each of its lines.
const maxIgnoreFile = 256 << 10

func readIgnore(fsys fs.FS, name string) (*patternmatcher.PatternMatcher, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > maxIgnoreFile {
		return nil, fmt.Errorf("%s has more than %d KiB", name, maxIgnoreFile>>10)
	}
	patterns, err := ignorefile.ReadAll(io.LimitReader(f, maxIgnoreFile))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf("%s has a pattern that cannot be read: %w", name, err)
	}
	return matcher, nil
}

// below is a file's path below a folder that contains it.
func below(folder, file string) string {
	if folder == "." {
		return file
	}
	return file[len(folder)+1:]
}
