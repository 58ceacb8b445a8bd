// Package content finds the files that an image is made of and hashes them: paths, contents and the executable bit,
// never times or owners, so that the hash is the same on every machine.
package content

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
)

// Hasher hashes files of one project, each of them once. The zero Hasher is not ready; make one with New.
type Hasher struct {
	fsys  fs.FS
	known map[string]leaf
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

// New returns a Hasher of the files in fsys.
func New(fsys fs.FS) *Hasher { return &Hasher{fsys: fsys, known: map[string]leaf{}} }

// Sum returns the hex SHA-256 over files in sorted order. A symbolic link counts as the path it holds and, where that is a
// file of the project, as its content; nothing outside the project is ever read.
func (h *Hasher) Sum(paths []string) (string, error) {
	total := sha256.New()
	for _, path := range slices.Sorted(slices.Values(paths)) {
		l, err := h.leaf(path)
		if err != nil {
			return "", err
		}
		writeFramed(total, []byte(path))
		total.Write([]byte{l.kind})
		total.Write(l.sum[:])
	}
	return hex.EncodeToString(total.Sum(nil)), nil
}

// writeFramed writes a length before the bytes, so that no two lists of files have equal streams.
func writeFramed(w hash.Hash, b []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(b)))
	w.Write(length[:])
	w.Write(b)
}

func (h *Hasher) leaf(path string) (leaf, error) {
	if known, ok := h.known[path]; ok {
		return known, nil
	}
	l, err := h.read(path)
	if err == nil {
		h.known[path] = l
	}
	return l, err
}

func (h *Hasher) read(path string) (leaf, error) {
	info, err := fs.Lstat(h.fsys, path)
	if err != nil {
		return leaf{}, err
	}
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return h.link(path)
	case !mode.IsRegular():
		return leaf{}, &fs.PathError{Op: "hash", Path: path, Err: errNotRegular}
	case mode&0o111 != 0:
		return h.content(path, executable)
	default:
		return h.content(path, regular)
	}
}

func (h *Hasher) link(path string) (leaf, error) {
	target, err := fs.ReadLink(h.fsys, path)
	if err != nil {
		return leaf{}, err
	}
	sum := sha256.New()
	writeFramed(sum, []byte(target))
	if info, err := fs.Stat(h.fsys, path); err == nil && info.Mode().IsRegular() {
		behind, err := h.content(path, regular)
		if err != nil {
			return leaf{}, err
		}
		sum.Write(behind.sum[:])
	}
	return leaf{link, [sha256.Size]byte(sum.Sum(nil))}, nil
}

var errNotRegular = errors.New("it is no regular file")

func (h *Hasher) content(path string, kind byte) (leaf, error) {
	f, err := h.fsys.Open(path)
	if err != nil {
		return leaf{}, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return leaf{}, fmt.Errorf("read %s: %w", path, err)
	}
	l := leaf{kind: kind}
	sum.Sum(l.sum[:0])
	return l, nil
}
