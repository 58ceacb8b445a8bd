package cuex

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"cuelang.org/go/mod/module"
	"cuelang.org/go/mod/modzip"

	"gitlab.com/stemma-ci/stemma/compiler/lock"
)

// MaxModule is the maximum size of the archive of a module, in bytes.
const MaxModule = 16 << 20

var errNotStored = errors.New("the module is not in the project; `stemma lock` fetches it")

// ModuleFile is the file of a project with the archive of a module, such as corp.example/policy@v1.2.0.
func ModuleFile(name string) string { return ".stemma/modules/" + name + ".zip" }

// ReadModule returns the archive of a module in a project, if it is the one that the lock names.
func ReadModule(project fs.FS, locked lock.Lock, name string) ([]byte, error) {
	i := slices.IndexFunc(locked.Modules, func(m lock.Module) bool { return m.Name == name })
	if i < 0 {
		return nil, errNotStored
	}
	f, err := project.Open(ModuleFile(name))
	if err != nil {
		return nil, errNotStored
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxModule+1))
	if err == nil && lock.HashOf(content) != locked.Modules[i].Hash {
		err = fmt.Errorf("%s is not the module that %s names", ModuleFile(name), lock.File)
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
	var archive *zip.Reader
	if archive, _, _, err = modzip.CheckZip(m, bytes.NewReader(content), int64(len(content))); err != nil {
		return nil, err
	}
	w.stored[m.String()] = archive
	return archive, nil
}
