package revision_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/stemma-ci/stemma/internal/platform/git"
	"gitlab.com/stemma-ci/stemma/internal/platform/revision"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

var environ = []string{
	"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_ALLOW_PROTOCOL=file",
	"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org",
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir, command.Env = dir, environ
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// commit commits files to a new repository, and returns the repository and the commit.
func commit(t *testing.T, files map[string]string, args ...string) (dir, id string) {
	t.Helper()
	dir = t.TempDir()
	run(t, dir, append([]string{"init", "--quiet"}, args...)...)
	for name, content := range files {
		write(t, dir, name, content)
	}
	run(t, dir, "add", "--all")
	run(t, dir, "commit", "--quiet", "--allow-empty", "--message=files")
	return dir, run(t, dir, "rev-parse", "HEAD")
}

func open(t *testing.T, dir, commit string, work fs.FS) *revision.Files {
	t.Helper()
	files, err := revision.Open(t.Context(), git.Repository{Dir: dir, Environ: environ}, commit, work)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	return files
}

func TestFilesAreThoseOfTheCommit(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			dir, id := commit(t, map[string]string{
				"stemma.yaml": "one\n", "a/b/c.txt": "deep\n", "a/empty": "", "with space and ü": "name\n", "a\nb": "line end\n",
			}, "--object-format="+format)
			write(t, dir, "stemma.yaml", "two\n")
			write(t, dir, "new", "untracked\n")
			files := open(t, dir, id, nil)
			if err := fstest.TestFS(sized{files}, "stemma.yaml", "a/b/c.txt", "a/empty", "with space and ü", "a\nb"); err != nil {
				t.Error(err)
			}
			if content, err := fs.ReadFile(files, "stemma.yaml"); err != nil || string(content) != "one\n" {
				t.Errorf("got %q and %v, want the file of the commit", content, err)
			}
			if _, err := fs.Stat(files, "new"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v for an untracked file, want %v", err, fs.ErrNotExist)
			}
		})
	}
}

// sized lists files with their sizes, as fstest.TestFS wants them.
type sized struct{ *revision.Files }

func (s sized) Stat(name string) (fs.FileInfo, error) {
	opened, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return opened.Stat()
}

func (s sized) Lstat(name string) (fs.FileInfo, error) { return s.Stat(name) }

func (s sized) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := s.Files.ReadDir(name)
	for i, entry := range entries {
		info, err := s.Stat(filepath.Join(name, entry.Name()))
		if err != nil {
			return nil, err
		}
		entries[i] = fs.FileInfoToDirEntry(info)
	}
	return entries, err
}

func (s sized) Open(name string) (fs.File, error) {
	opened, err := s.Files.Open(name)
	if err != nil {
		return nil, err
	}
	if info, _ := opened.Stat(); info.IsDir() {
		return &sizedFolder{File: opened, read: func() ([]fs.DirEntry, error) { return s.ReadDir(name) }}, nil
	}
	return opened, nil
}

// sizedFolder returns entries in parts, which no compiler asks for.
type sizedFolder struct {
	fs.File
	read func() ([]fs.DirEntry, error)
	at   int
}

func (f *sizedFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	all, err := f.read()
	if err != nil {
		return nil, err
	}
	rest := all[f.at:]
	if n > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	if n > 0 {
		rest = rest[:min(n, len(rest))]
	}
	f.at += len(rest)
	return rest, nil
}

func TestLinks(t *testing.T) {
	t.Parallel()
	dir, _ := commit(t, map[string]string{"folder/file": "content\n"})
	for name, target := range map[string]string{
		"to-file": "folder/file", "folder/up": "../to-file", "to-folder": "folder", "dangling": "nothing", "out": "../../etc/passwd", "absolute": "/etc/passwd", "loop": "loop",
		"long": strings.Repeat("x/../", 1000),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil && name != "long" {
			t.Fatal(err)
		}
	}
	run(t, dir, "add", "--all")
	run(t, dir, "commit", "--quiet", "--message=links")
	files := open(t, dir, run(t, dir, "rev-parse", "HEAD"), nil)
	for name, want := range map[string]string{
		"to-file": "content\n", "folder/up": "content\n", "to-folder/file": "content\n", "to-folder/up": "content\n",
		"dangling": "open dangling: file does not exist", "out": "open out: a symbolic link there escapes from the project",
		"absolute": "open absolute: a symbolic link there escapes from the project", "loop": "open loop: too many levels of symbolic links",
		"folder/../to-file": "open folder/../to-file: invalid argument",
	} {
		content, err := fs.ReadFile(files, name)
		got := string(content)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if target, err := fs.ReadLink(files, "folder/up"); err != nil || target != "../to-file" {
		t.Errorf("got %q and %v, want ../to-file", target, err)
	}
	if _, err := fs.ReadDir(files, "to-folder"); err == nil {
		t.Error("a folder behind a link is listed, unlike in the work tree")
	}
}

func TestModesAndSubmodules(t *testing.T) {
	t.Parallel()
	other, _ := commit(t, map[string]string{"file": "content\n"})
	dir, _ := commit(t, map[string]string{"program": "#!/bin/sh\n", "plain": ""})
	run(t, dir, "update-index", "--chmod=+x", "program")
	run(t, dir, "submodule", "--quiet", "add", other, "module")
	run(t, dir, "commit", "--quiet", "--message=modes")
	files := open(t, dir, run(t, dir, "rev-parse", "HEAD"), nil)
	for name, want := range map[string]fs.FileMode{"program": 0o755, "plain": 0o644, "module": fs.ModeDir | 0o755, ".": fs.ModeDir | 0o755} {
		if info, err := fs.Lstat(files, name); err != nil || info.Mode() != want {
			t.Errorf("%s: got %v and %v, want %v", name, info, err, want)
		}
	}
	if entries, err := fs.ReadDir(files, "module"); err != nil || len(entries) > 0 {
		t.Errorf("got %v and %v, want an empty folder for a submodule", entries, err)
	}
}

// A file elsewhere in the repository does not matter. Where its folder is read, it is listed, and cannot be read, as in the work tree.
func TestANameThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	const name = "docs/\xff\xfe"
	dir, id := commit(t, map[string]string{"a": "one\n", name: "two\n"})
	files := open(t, dir, id, nil)
	if content, err := fs.ReadFile(files, "a"); err != nil || string(content) != "one\n" {
		t.Errorf("got %q and %v", content, err)
	}
	entries, err := fs.ReadDir(files, "docs")
	if err != nil || len(entries) != 1 || entries[0].Name() != "\xff\xfe" {
		t.Errorf("got %v and %v", entries, err)
	}
	if _, err := fs.ReadFile(files, name); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("got %v, want %v", err, fs.ErrInvalid)
	}
}

func TestAFolderOfTheRepository(t *testing.T) {
	t.Parallel()
	dir, id := commit(t, map[string]string{"sub/folder/stemma.yaml": "here\n", "stemma.yaml": "above\n"})
	folder := filepath.Join(dir, "sub/folder")
	if content, err := fs.ReadFile(open(t, folder, id, os.DirFS(folder)), "stemma.yaml"); err != nil || string(content) != "here\n" {
		t.Errorf("got %q and %v, want the file of the folder", content, err)
	}
	fresh := filepath.Join(dir, "fresh")
	if err := os.Mkdir(fresh, 0o755); err != nil {
		t.Fatal(err)
	}
	if entries, err := fs.ReadDir(open(t, fresh, id, nil), "."); err != nil || len(entries) > 0 {
		t.Errorf("got %v and %v, want nothing in a folder that the commit does not have", entries, err)
	}
}

// A file that did not change is read where git put it: with the line ends of the work tree, and with the content of a large file of LFS.
func TestFilesThatDidNotChangeAreThoseOfTheWorkTree(t *testing.T) {
	t.Parallel()
	dir, id := commit(t, map[string]string{".gitattributes": "*.bat text eol=crlf\n", "same.bat": "one\ntwo\n", "changed.bat": "one\ntwo\n", "gone": "content\n"})
	write(t, dir, "same.bat", "one\r\ntwo\r\n")
	write(t, dir, "changed.bat", "one\r\nthree\r\n")
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	tree, err := worktree.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	files := open(t, dir, id, tree)
	for name, want := range map[string]string{"same.bat": "one\r\ntwo\r\n", "changed.bat": "one\ntwo\n", "gone": "content\n"} {
		if content, err := fs.ReadFile(files, name); err != nil || string(content) != want {
			t.Errorf("%s: got %q and %v, want %q", name, content, err, want)
		}
	}
}

func TestALargeFileIsAStream(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 1<<18)
	dir, id := commit(t, map[string]string{"large": large, "small": "small\n"})
	files := open(t, dir, id, nil)
	opened, err := files.Open("large")
	if err != nil {
		t.Fatal(err)
	}
	if content, err := fs.ReadFile(files, "small"); err != nil || string(content) != "small\n" {
		t.Errorf("got %q and %v while another file is open", content, err)
	}
	content, err := io.ReadAll(opened)
	if err := errors.Join(err, opened.Close()); err != nil || !bytes.Equal(content, []byte(large)) {
		t.Errorf("got %d bytes and %v, want %d", len(content), err, len(large))
	}
	if opened, err = files.Open("large"); err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Errorf("got %v for a file that nobody reads", err)
	}
}

func TestACommitThatDoesNotExist(t *testing.T) {
	t.Parallel()
	dir, _ := commit(t, nil)
	_, err := revision.Open(t.Context(), git.Repository{Dir: dir, Environ: slices.Clone(environ)}, strings.Repeat("0", 40), nil)
	if err == nil {
		t.Error("got no error")
	}
}
