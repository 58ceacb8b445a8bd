package content

import (
	"errors"
	"fmt"
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

// Context returns the files that a build sends to the builder, sorted: those below a folder that no ignore file excludes,
// and the ignore file itself. The Containerfile's own ignore file comes before the folder's, and .containerignore before
// .dockerignore, as in buildah. The error is fs.ErrNotExist only where there is no Containerfile.
func Context(fsys fs.FS, folder, containerfile string) ([]string, error) {
	if err := checkContext(fsys, folder, containerfile); err != nil {
		return nil, err
	}
	ignore, err := ignoreFile(fsys, folder, containerfile)
	if err != nil {
		return nil, err
	}
	matcher, err := readIgnore(fsys, ignore)
	if err != nil {
		return nil, err
	}
	all, err := Folder(fsys, folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range all {
		ignored, err := matcher.MatchesOrParentMatches(below(folder, name))
		if err != nil {
			return nil, err
		}
		if !ignored && name != ignore {
			files = append(files, name)
		}
	}
	if ignore != "" {
		files = append(files, ignore)
		slices.Sort(files)
	}
	return files, nil
}

// Folder returns the files below a folder, sorted. No ignore file counts, as in buildah for a folder that is not the context itself.
func Folder(fsys fs.FS, folder string) ([]string, error) {
	if err := checkFolder(fsys, folder); err != nil {
		return nil, err
	}
	var files []string
	err := fs.WalkDir(fsys, folder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, name)
		}
		return err
	})
	slices.Sort(files)
	return files, err
}

// Mistakes that a file system alone does not tell from a missing file.
var (
	errNoFolder = errors.New("there is no such folder")
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

func readIgnore(fsys fs.FS, name string) (*patternmatcher.PatternMatcher, error) {
	if name == "" {
		return patternmatcher.New(nil)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	patterns, err := ignorefile.ReadAll(f)
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
