package worktree

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// listing has the files of a project that git knows; it is nil without git.
type listing struct {
	// names are the names in each folder.
	names map[string][]string
	// left are the paths that a sparse checkout may leave out: https://git-scm.com/docs/git-sparse-checkout.
	left map[string]bool
}

// readListing reads git's index of the repository that dir belongs to.
func readListing(dir, indexFile string) (*listing, error) {
	found, err := findGit(dir)
	if err != nil || found.gitDir == "" {
		return nil, err
	}
	if indexFile == "" {
		indexFile = filepath.Join(found.gitDir, "index")
	} else if !filepath.IsAbs(indexFile) {
		indexFile = filepath.Join(found.top, indexFile) // git runs hooks there
	}
	source, err := os.ReadFile(indexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &listing{names: map[string][]string{".": nil}}, nil // a repository without a first `git add`
	}
	if err != nil {
		return nil, fmt.Errorf("read git's index: %w", err)
	}
	tracked, err := decode(source)
	if err != nil {
		return nil, fmt.Errorf("read git's index %s: %w", indexFile, err)
	}
	return list(tracked, found.folder), nil
}

// checksumSize is the length of the checksum at the end of an index.
const checksumSize = 20

func decode(source []byte) (*index.Index, error) {
	tracked := &index.Index{}
	err := index.NewDecoder(bytes.NewReader(source)).Decode(tracked)
	switch {
	case errors.Is(err, index.ErrInvalidChecksum) && bytes.HasSuffix(source, make([]byte, checksumSize)):
		return tracked, nil // git writes zeros with index.skipHash
	case errors.Is(err, index.ErrUnknownExtension):
		return nil, errors.New("it is split or sparse: run `git update-index --no-split-index` or `git sparse-checkout reapply --no-sparse-index`")
	}
	return tracked, err
}

func list(tracked *index.Index, below string) *listing {
	prefix := below + "/"
	if below == "." {
		prefix = ""
	}
	folders := map[string]map[string]bool{".": {}}
	files := &listing{names: map[string][]string{}, left: map[string]bool{}}
	for _, entry := range tracked.Entries {
		name, ok := strings.CutPrefix(entry.Name, prefix)
		if !ok {
			continue
		}
		for name != "." {
			files.left[name] = files.left[name] || entry.SkipWorktree
			folder := path.Dir(name)
			if folders[folder] == nil {
				folders[folder] = map[string]bool{}
			}
			folders[folder][path.Base(name)] = true
			name = folder
		}
	}
	for folder, names := range folders {
		files.names[folder] = slices.Sorted(maps.Keys(names))
	}
	return files
}

// checkout is the work tree of git that a folder belongs to.
type checkout struct {
	// top is its top folder, and gitDir has the index.
	top, gitDir string
	// folder is the path below top, with forward slashes; "." for top itself, and without git.
	folder string
}

// findGit finds the work tree that a folder belongs to. If there is none, gitDir is empty.
func findGit(folder string) (checkout, error) {
	none := checkout{folder: "."}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return none, err
	}
	for top := folder; ; top = filepath.Dir(top) {
		dir := filepath.Join(top, ".git")
		info, err := os.Stat(dir)
		switch {
		case err == nil:
			if !info.IsDir() {
				dir, err = linkedGitDir(dir)
			}
			below, errBelow := filepath.Rel(top, folder)
			return checkout{top, dir, filepath.ToSlash(below)}, cmp.Or(err, errBelow)
		case !errors.Is(err, fs.ErrNotExist):
			return none, err
		case filepath.Dir(top) == top:
			return none, nil
		}
	}
}

// linkedGitDir reads the .git file of a linked work tree or a submodule.
func linkedGitDir(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	dir, ok := strings.CutPrefix(strings.TrimSpace(string(content)), "gitdir: ")
	if !ok {
		return "", fmt.Errorf("%s names no git directory", file)
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(file), dir)
	}
	return dir, nil
}
