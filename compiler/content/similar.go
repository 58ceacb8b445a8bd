package content

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
)

// Similar returns the path that was probably meant by one that does not exist: a folder's only Containerfile, a Containerfile with the
// other name, or the path that is spelled most like it.
func Similar(fsys fs.FS, name string) (string, bool) {
	name = path.Clean(name)
	if info, err := fs.Stat(fsys, name); err == nil && info.IsDir() {
		return containerfileIn(fsys, name)
	}
	found := "."
	for _, part := range strings.Split(name, "/") {
		next := path.Join(found, part)
		if _, err := fs.Stat(fsys, next); err != nil {
			similar, ok := diagnostic.NearestWithin(max(len(part)/3, min(1, len(part)-1)), part, namesIn(fsys, found))
			if !ok {
				similar, ok = sameLetters(part, namesIn(fsys, found))
			}
			if !ok {
				return containerfileIn(fsys, found)
			}
			next = path.Join(found, similar)
		}
		found = next
	}
	return found, true
}

// NoMatch says that a pattern matches no file, and what to do.
func NoMatch(fsys fs.FS, pattern string) (problem, hint string) {
	problem = "no tracked file matches " + diagnostic.Quote(pattern)
	if similar, ok := similarPattern(fsys, path.Clean(pattern)); ok {
		return problem + diagnostic.Suggest(similar, ok), ""
	}
	return problem, "patterns match files that git knows: `git add` new ones; paths begin at the project's root"
}

// similarPattern is Similar for the folder that a pattern begins with.
func similarPattern(fsys fs.FS, pattern string) (string, bool) {
	wild := strings.IndexAny(pattern, `*?[{\`)
	if wild < 0 {
		return Similar(fsys, pattern)
	}
	folder := pattern[:strings.LastIndex(pattern[:wild], "/")+1]
	similar, ok := Similar(fsys, folder)
	if !ok || folder == "" || similar == path.Clean(folder) {
		return "", false
	}
	return similar + "/" + pattern[len(folder):], true
}

func containerfileIn(fsys fs.FS, folder string) (string, bool) {
	for _, name := range []string{"Containerfile", "Dockerfile"} {
		if slices.Contains(namesIn(fsys, folder), name) {
			return path.Join(folder, name), true
		}
	}
	return "", false
}

// sameLetters returns the name that differs in capitals, or begins with the written one.
func sameLetters(written string, names []string) (string, bool) {
	for _, name := range names {
		if strings.EqualFold(name, written) || strings.HasPrefix(name, written+".") {
			return name, true
		}
	}
	return "", false
}

func namesIn(fsys fs.FS, folder string) []string {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}
