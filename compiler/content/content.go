// Package content finds the input files of an image and hashes them: paths, contents and the executable bit,
// never times or owners, so that the hash is the same on every machine.
package content

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Files are the files of one project. Each folder is listed once and each file read once, however many images have it as
// an input. Make them with New. They are not safe for concurrent use.
type Files struct {
	fsys fs.FS
	// isLeftOut reports whether a file is an input of no image.
	isLeftOut func(string) bool
	sources   map[string][]byte
	leaves    map[string]leaf
	globs     map[string]*Set
	folders   map[string]*Set
	contexts  map[sent]*Set
}

// leaf is one file: its kind and the hash of its content.
type leaf struct {
	kind byte
	sum  [sha256.Size]byte
}

// The kinds of files that git tells apart.
const (
	regular    = 'f'
	executable = 'x'
	link       = 'l'
)

// New returns the files in fsys, without those that isLeftOut names.
func New(fsys fs.FS, isLeftOut func(string) bool) *Files {
	return &Files{
		fsys: fsys, isLeftOut: isLeftOut, sources: map[string][]byte{}, leaves: map[string]leaf{},
		globs: map[string]*Set{}, folders: map[string]*Set{}, contexts: map[sent]*Set{},
	}
}

// writeFramed writes a length before the bytes, so that no two lists of files have equal streams.
func writeFramed(w io.Writer, b []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(b)))
	_, _ = w.Write(length[:]) // hashes and buffers take everything
	_, _ = w.Write(b)
}

// Read returns the content of a file.
func (f *Files) Read(path string) ([]byte, error) {
	return once(f.sources, path, func() ([]byte, error) { return fs.ReadFile(f.fsys, path) })
}

func (f *Files) leaf(path string) (leaf, error) {
	return once(f.leaves, path, func() (leaf, error) { return f.read(path) })
}

// once returns what is known about a key. It reads what is not known yet.
func once[K comparable, V any](known map[K]V, key K, read func() (V, error)) (V, error) {
	if value, ok := known[key]; ok {
		return value, nil
	}
	value, err := read()
	if err == nil {
		known[key] = value
	}
	return value, err
}

func (f *Files) read(path string) (leaf, error) {
	info, err := fs.Lstat(f.fsys, path)
	if err != nil {
		return leaf{}, err
	}
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return f.link(path)
	case mode.IsDir():
		return leaf{}, &fs.PathError{Op: "hash", Path: path, Err: errFolder}
	case !mode.IsRegular():
		return leaf{}, &fs.PathError{Op: "hash", Path: path, Err: fmt.Errorf("%s %w", path, errNotRegular)}
	case mode&0o111 != 0:
		return f.content(path, executable)
	default:
		return f.content(path, regular)
	}
}

func (f *Files) link(path string) (leaf, error) {
	target, err := fs.ReadLink(f.fsys, path)
	if err != nil {
		return leaf{}, err
	}
	sum := sha256.New()
	writeFramed(sum, []byte(target))
	if info, err := fs.Stat(f.fsys, path); err == nil && info.Mode().IsRegular() {
		behind, err := f.content(path, regular)
		if err != nil {
			return leaf{}, err
		}
		sum.Write(behind.sum[:])
	}
	return leaf{link, [sha256.Size]byte(sum.Sum(nil))}, nil
}

var errNotRegular = errors.New("is no regular file")

// ErrTooLarge says that a file is too large to be hashed.
var ErrTooLarge = errors.New("has more than 1 GiB")

const maxFile = 1 << 30

func (f *Files) content(path string, kind byte) (leaf, error) {
	file, err := f.fsys.Open(path)
	if err != nil {
		return leaf{}, err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > maxFile {
		return leaf{}, &fs.PathError{Op: "hash", Path: path, Err: fmt.Errorf("%s %w", path, ErrTooLarge)}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return leaf{}, fmt.Errorf("read %s: %w", path, err)
	}
	l := leaf{kind: kind}
	sum.Sum(l.sum[:0])
	return l, nil
}
