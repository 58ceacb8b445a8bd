package project

import (
	"archive/tar"
	"io/fs"
)

// Overlay is a tree with other contents of some files. These need not exist in the tree, such as compiled files before `stemma compile` writes
// them.
type Overlay struct {
	fs.FS
	Contents map[string][]byte
}

// Has reports whether the content of a file is another one than in the tree.
func (o Overlay) Has(name string) bool {
	_, ok := o.Contents[name]
	return ok
}

// ReadFile implements fs.ReadFileFS.
func (o Overlay) ReadFile(name string) ([]byte, error) {
	if content, ok := o.Contents[name]; ok {
		return content, nil
	}
	return fs.ReadFile(o.FS, name)
}

// Stat implements fs.StatFS.
func (o Overlay) Stat(name string) (fs.FileInfo, error) {
	if content, ok := o.Contents[name]; ok {
		return (&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o644}).FileInfo(), nil
	}
	return fs.Stat(o.FS, name)
}
