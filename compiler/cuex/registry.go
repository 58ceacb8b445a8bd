package cuex

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"
)

const (
	// schemaModule is the module of the schema, which a definition may import.
	schemaModule  = "gitlab.com/stemma-ci/stemma/schema@v0"
	schemaVersion = "v0.1.0"
	// schemaFolder is the folder in which a definition finds the schema while it is evaluated.
	schemaFolder = ".stemma-schema"
	moduleFile   = "cue.mod/module.cue"
)

// schemaOnly keeps CUE from the network: it is a registry that has the schema and nothing else.
type schemaOnly struct{ schema fs.FS }

var errNotFetched = errors.New("modules are not fetched")

// ModFile implements the registry.
func (r schemaOnly) ModFile(_ context.Context, m module.Version) (*modfile.File, error) {
	if m.Path() != schemaModule {
		return nil, errNotFetched
	}
	source, err := fs.ReadFile(r.schema, moduleFile)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(source, moduleFile)
}

// Fetch implements the registry.
func (r schemaOnly) Fetch(_ context.Context, m module.Version) (module.SourceLoc, error) {
	if m.Path() != schemaModule {
		return module.SourceLoc{}, errNotFetched
	}
	return module.SourceLoc{FS: rooted{r.schema}, Dir: "."}, nil
}

// ModuleVersions implements the registry.
func (schemaOnly) ModuleVersions(_ context.Context, name string) ([]string, error) {
	if name != schemaModule {
		return nil, errNotFetched
	}
	return []string{schemaVersion}, nil
}

// rooted tells the CUE loader the path of the schema in the file system that it reads.
type rooted struct{ fs.FS }

// OSRoot implements module.OSRootFS.
func (rooted) OSRoot() string { return "/" + schemaFolder }

// withSchema is a project with the schema in a folder of its own, and with a module file where the project has none.
type withSchema struct{ project, schema fs.FS }

// defaultModule holds module.cue, the module file of a project that has none.
//
//go:embed module.cue
var defaultModule embed.FS

// Open implements fs.FS.
func (w withSchema) Open(name string) (fs.File, error) {
	if rest, ok := strings.CutPrefix(name, schemaFolder+"/"); ok {
		return w.schema.Open(rest)
	}
	if name == schemaFolder {
		return w.schema.Open(".")
	}
	f, err := w.project.Open(name)
	switch {
	case name == moduleFile && errors.Is(err, fs.ErrNotExist):
		return defaultModule.Open(path.Base(name))
	case name == moduleFile && err == nil:
		return withDependency(f)
	}
	return f, err
}

// moduleWithSchema is a project's module file, with the schema among its dependencies.
type moduleWithSchema struct {
	fs.File
	content *bytes.Reader
}

// Read implements fs.File.
func (m moduleWithSchema) Read(b []byte) (int, error) { return m.content.Read(b) }

// withDependency adds the schema to a module file that does not name it: this program contains it anyway. A file that
// cannot be read is left for CUE to report.
func withDependency(f fs.File) (fs.File, error) {
	source, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	module, err := modfile.Parse(source, moduleFile)
	if err == nil && module.Deps[schemaModule] == nil {
		if module.Deps == nil {
			module.Deps = map[string]*modfile.Dep{}
		}
		module.Deps[schemaModule] = &modfile.Dep{Version: schemaVersion}
		if formatted, err := modfile.Format(module); err == nil {
			source = formatted
		}
	}
	return moduleWithSchema{f, bytes.NewReader(source)}, nil
}
