// Package revision reads the files of a commit from git's objects, without a checkout.
package revision

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

// Files are the files of a commit below a folder. They are a file system whose listings are those of the commit. The size of a file is known
// once it is open. They can be read until the context ends; Close ends git.
type Files struct {
	entries map[string]entry
	// children are the names in each folder, sorted.
	children map[string][]string
	objects  *objects
	// same has the files in the work tree that are those of the commit, and changed names all others; same may be nil.
	same    fs.FS
	changed map[string]bool
}

// entry is a file, a folder, a link or a submodule of the commit.
type entry struct {
	mode fs.FileMode
	// id is that of the blob.
	id string
}

// The modes of https://git-scm.com/docs/git-fast-import: git knows no others.
var modes = map[string]fs.FileMode{
	"100644": 0o644, "100664": 0o644, "100755": 0o755, "120000": fs.ModeSymlink | 0o777, "160000": fs.ModeDir | 0o755,
}

// Open opens the files that a commit has below the repository's folder. There are none if the commit does not have the folder. A file that is
// the same in the work tree is read there: as git checks it out, with the line ends and the content of large files, and without git.
func Open(ctx context.Context, repository git.Repository, commit string, work fs.FS) (*Files, error) {
	prefix, err := repository.Prefix(ctx)
	if err != nil {
		return nil, err
	}
	f := &Files{entries: map[string]entry{".": {mode: fs.ModeDir | 0o755}}, children: map[string][]string{".": nil}, same: work}
	folder := commit + ":" + strings.TrimSuffix(prefix, "/")
	if prefix != "" {
		if kind, err := repository.Run(ctx, "cat-file", "-t", folder); err != nil || strings.TrimSpace(kind) != "tree" {
			return f, ctx.Err() // the commit does not have the folder
		}
	}
	listed, err := repository.Run(ctx, "ls-tree", "-r", "-z", "--full-tree", folder)
	if err != nil {
		return nil, err
	}
	if err := f.list(listed); err != nil {
		return nil, err
	}
	if err := f.compare(ctx, repository, commit); err != nil {
		return nil, err
	}
	f.objects = newObjects(ctx, repository)
	return f, nil
}

// list reads what `git ls-tree -r -z` prints: "MODE TYPE ID\tPATH" for each file.
func (f *Files) list(listed string) error {
	for record := range strings.SplitSeq(strings.TrimSuffix(listed, "\x00"), "\x00") {
		if record == "" {
			continue
		}
		about, name, _ := strings.Cut(record, "\t")
		words := strings.Fields(about)
		if len(words) != 3 || !fs.ValidPath(strings.ToValidUTF8(name, "?")) { // names are bytes, and only a file system wants UTF-8
			return fmt.Errorf("git lists %q, which is no file", record)
		}
		mode, known := modes[words[0]]
		if !known {
			return fmt.Errorf("git lists %s with the unknown mode %s", name, words[0])
		}
		f.add(name, entry{mode, words[2]})
	}
	for _, names := range f.children {
		slices.Sort(names)
	}
	return nil
}

// add adds a file and the folders around it.
func (f *Files) add(name string, e entry) {
	f.entries[name] = e
	if e.mode.IsDir() {
		f.children[name] = nil
	}
	for folder := path.Dir(name); ; folder = path.Dir(folder) {
		_, known := f.entries[folder]
		f.entries[folder] = entry{mode: fs.ModeDir | 0o755}
		f.children[folder] = append(f.children[folder], path.Base(name))
		if known {
			return
		}
		name = folder
	}
}

// compare finds the files that are not the same in the work tree.
func (f *Files) compare(ctx context.Context, repository git.Repository, commit string) error {
	if f.same == nil {
		return nil
	}
	out, err := repository.Run(ctx, "diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", "--ignore-submodules=dirty", commit, "--", ".")
	if err != nil {
		return err
	}
	f.changed = map[string]bool{}
	for name := range strings.SplitSeq(out, "\x00") {
		f.changed[name] = true
	}
	return nil
}

// Close ends git.
func (f *Files) Close() {
	if f.objects != nil {
		f.objects.close()
	}
}

// info describes an entry. It is its fs.DirEntry, too.
type info struct {
	name string
	mode fs.FileMode
	size int64
}

func (i info) Name() string               { return i.name }
func (i info) Size() int64                { return i.size }
func (i info) Mode() fs.FileMode          { return i.mode }
func (i info) Type() fs.FileMode          { return i.mode.Type() }
func (i info) ModTime() time.Time         { return time.Time{} }
func (i info) IsDir() bool                { return i.mode.IsDir() }
func (i info) Sys() any                   { return nil }
func (i info) Info() (fs.FileInfo, error) { return i, nil }

// Stat implements fs.StatFS.
func (f *Files) Stat(name string) (fs.FileInfo, error) {
	_, e, err := f.find("stat", name, true)
	return info{name: path.Base(name), mode: e.mode}, err
}

// Lstat implements fs.ReadLinkFS.
func (f *Files) Lstat(name string) (fs.FileInfo, error) {
	_, e, err := f.find("lstat", name, false)
	return info{name: path.Base(name), mode: e.mode}, err
}

// ReadLink implements fs.ReadLinkFS.
func (f *Files) ReadLink(name string) (string, error) {
	_, e, err := f.find("readlink", name, false)
	if err == nil && e.mode&fs.ModeSymlink == 0 {
		err = &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	return f.objects.link(e.id)
}

// ReadDir implements fs.ReadDirFS. As in the work tree, git lists nothing behind a link.
func (f *Files) ReadDir(name string) ([]fs.DirEntry, error) {
	found, e, err := f.find("list", name, true)
	switch {
	case err != nil:
		return nil, err
	case !e.mode.IsDir():
		return nil, &fs.PathError{Op: "list", Path: name, Err: errors.New("it is no folder")}
	case found != name:
		return nil, &fs.PathError{Op: "list", Path: name, Err: errors.New("it is behind a symbolic link, where git lists nothing: name the folder it leads to")}
	}
	entries := make([]fs.DirEntry, len(f.children[name]))
	for i, child := range f.children[name] {
		entries[i] = info{name: child, mode: f.entries[path.Join(name, child)].mode}
	}
	return entries, nil
}

// Open implements fs.FS.
func (f *Files) Open(name string) (fs.File, error) {
	found, e, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		return &folder{info: info{name: path.Base(name), mode: e.mode}, list: func() ([]fs.DirEntry, error) { return f.ReadDir(name) }}, nil
	}
	if f.same != nil && !f.changed[found] {
		if file, err := f.same.Open(found); err == nil {
			return file, nil
		}
		// The work tree may lack it, as a sparse one does.
	}
	return f.objects.open(info{name: path.Base(name), mode: e.mode}, e.id)
}

// ReadFile implements fs.ReadFileFS, as in the work tree.
func (f *Files) ReadFile(name string) ([]byte, error) { return worktree.ReadAll(f, name) }
