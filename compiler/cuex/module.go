package cuex

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"
	"cuelang.org/go/mod/modzip"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
)

// MaxModule is the maximum size of the archive of a module, in bytes.
const MaxModule = 16 << 20

// The limits of an unpacked module, in bytes.
const (
	maxContent    = 64 << 20
	maxModuleFile = 1 << 20
	maxFiles      = 5000
)

// errTampered ends the message about an archive with another hash than in the lock.
const errTampered = "is not the module that " + lock.File + " names"

var errNotStored = errors.New("the module is not in the project; `stemma lock` fetches it")

// ReadModule returns the archive of a module in a project, if it is the one that the lock names.
func ReadModule(project fs.FS, locked lock.Lock, name string) ([]byte, error) {
	i := slices.IndexFunc(locked.Modules, func(m lock.Module) bool { return m.Name == name })
	if i < 0 {
		return nil, errNotStored
	}
	f, err := project.Open(locked.Modules[i].File())
	if err != nil {
		return nil, errNotStored
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxModule+1))
	if err == nil && lock.HashOf(content) != locked.Modules[i].Hash {
		err = fmt.Errorf("%s %s", locked.Modules[i].File(), errTampered)
	}
	return content, err
}

// storedModule opens the archive of a module.
func (w workspace) storedModule(m module.Version) (fs.FS, error) {
	if opened, ok := w.stored[m.String()]; ok {
		return opened, nil
	}
	content, err := ReadModule(w.project, w.locked, m.String())
	if err != nil {
		return nil, err
	}
	archive, _, err := OpenModule(m, content)
	if err != nil {
		return nil, err
	}
	w.stored[m.String()] = archive
	return archive, nil
}

// OpenModule opens the archive of a module, if it is a valid one with files of a bearable size, and returns its module file.
func OpenModule(m module.Version, content []byte) (*zip.Reader, *modfile.File, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, nil, err
	}
	if err := checkFiles(archive.File); err != nil {
		return nil, nil, err
	}
	_, file, _, err := modzip.CheckZip(m, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, nil, err
	}
	source, err := file.Open()
	if err != nil {
		return nil, nil, err
	}
	defer source.Close()
	text, err := io.ReadAll(io.LimitReader(source, maxModuleFile))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", moduleFile, err)
	}
	parsed, err := modfile.Parse(text, moduleFile)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", moduleFile, err)
	case parsed.QualifiedModule() != m.Path():
		return nil, nil, fmt.Errorf("its module file is that of %s", parsed.QualifiedModule())
	}
	return archive, parsed, nil
}

// checkFiles refuses what would take long to read, and what is no file.
func checkFiles(files []*zip.File) error {
	if len(files) > maxFiles {
		return fmt.Errorf("the archive has more than %d files", maxFiles)
	}
	var total uint64
	for _, file := range files {
		size := file.UncompressedSize64
		if total += min(size, maxContent+1); total > maxContent {
			return fmt.Errorf("the archive unpacks to more than %d MiB", maxContent>>20)
		}
		if file.Name == moduleFile && size > maxModuleFile {
			return fmt.Errorf("%s has more than %d MiB", moduleFile, maxModuleFile>>20)
		}
		if kind := file.Mode().Type(); kind != 0 && kind != fs.ModeDir {
			return fmt.Errorf("%s is neither a file nor a folder", diagnostic.Quote(file.Name))
		}
	}
	return nil
}
