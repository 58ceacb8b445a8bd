package cuex

import (
	"context"
	"io/fs"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"
)

// The workspace is also the registry of CUE's loader, which it keeps from the network: it has the schema, and the packages in cue.mod/pkg, each
// as a module.

// ModFile implements the registry.
func (w workspace) ModFile(_ context.Context, m module.Version) (*modfile.File, error) {
	if _, ok := w.modules[m.Path()]; ok {
		return modfile.Parse([]byte(moduleSource(m.Path(), nil)), moduleFile)
	}
	files, err := w.storedModule(m)
	if err != nil {
		return nil, err
	}
	source, err := fs.ReadFile(files, moduleFile)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(source, moduleFile)
}

// Fetch implements the registry.
func (w workspace) Fetch(_ context.Context, m module.Version) (module.SourceLoc, error) {
	folder, ok := w.modules[m.Path()]
	if !ok {
		if _, err := w.storedModule(m); err != nil {
			return module.SourceLoc{}, err
		}
		folder = modulesFolder + "/" + m.String()
	}
	sub, err := fs.Sub(w, folder)
	return module.SourceLoc{FS: rooted{sub, "/" + folder}, Dir: "."}, err
}

// ModuleVersions implements the registry.
func (w workspace) ModuleVersions(_ context.Context, name string) ([]string, error) {
	if _, ok := w.modules[name]; !ok {
		return nil, errNotStored
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
