package cuex

import (
	"context"
	"errors"
	"io/fs"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"
)

// The workspace is also the registry of CUE's loader, which it keeps from the network: it has the schema, and the packages in cue.mod/pkg, each
// as a module.

var errNotFetched = errors.New("the module is not in the project")

// ModFile implements the registry.
func (w workspace) ModFile(_ context.Context, m module.Version) (*modfile.File, error) {
	if _, ok := w.modules[m.Path()]; !ok {
		return nil, errNotFetched
	}
	return modfile.Parse([]byte(moduleSource(m.Path(), nil)), moduleFile)
}

// Fetch implements the registry.
func (w workspace) Fetch(_ context.Context, m module.Version) (module.SourceLoc, error) {
	folder, ok := w.modules[m.Path()]
	if !ok {
		return module.SourceLoc{}, errNotFetched
	}
	sub, err := fs.Sub(w, folder)
	return module.SourceLoc{FS: rooted{sub, "/" + folder}, Dir: "."}, err
}

// ModuleVersions implements the registry.
func (w workspace) ModuleVersions(_ context.Context, name string) ([]string, error) {
	if _, ok := w.modules[name]; !ok {
		return nil, errNotFetched
	}
	return []string{schemaVersion}, nil
}

// rooted tells the CUE loader the path of a module in the file system that it reads.
type rooted struct {
	fs.FS
	root string
}

// OSRoot implements module.OSRootFS.
func (r rooted) OSRoot() string { return r.root }
