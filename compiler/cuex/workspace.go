package cuex

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"cuelang.org/go/mod/modfile"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/schema"
)

const (
	// SchemaModule is the module of the schema, which a definition may import.
	SchemaModule  = schema.Module + "@v0"
	schemaVersion = "v" + schema.Version
	// schemaFolder is the folder in which a definition finds the schema while it is evaluated.
	schemaFolder = ".stemma-schema"
	// packagesFolder has packages that somebody put there by hand. The loader finds them in packagesAlias: it cannot read packagesFolder in
	// a file system of ours.
	packagesFolder = "cue.mod/pkg"
	packagesAlias  = ".stemma-packages"
	// modulesFolder is the folder in which the loader finds the modules of the lock.
	modulesFolder = ".stemma-modules"
	moduleFile    = "cue.mod/module.cue"
	language      = "v0.15.0"
)

// workspace is the file system of an evaluation: a project with the schema and the packages of cue.mod/pkg in folders of their own, and with a
// module file that names them.
type workspace struct {
	project, schema fs.FS
	// modules has the folder of each module.
	modules map[string]string
	// stored has the modules of the lock that were read, by name and version.
	stored map[string]fs.FS
	locked lock.Lock
}

// newWorkspace returns the workspace of a project, with the module of the schema.
func newWorkspace(project, schemaModule fs.FS) workspace {
	modules := localModules(project)
	modules[SchemaModule] = schemaFolder
	var ignored diagnostic.List // the compiler reads the lock too
	return workspace{project, schemaModule, modules, map[string]fs.FS{}, lock.Load(project, &ignored)}
}

// localModules returns a module for each topmost folder of cue.mod/pkg that has CUE files.
func localModules(project fs.FS) map[string]string {
	modules := map[string]string{}
	_ = fs.WalkDir(project, packagesFolder, func(name string, d fs.DirEntry, err error) error { // what cannot be read is no module
		if err != nil || !d.IsDir() || name == packagesFolder {
			return nil
		}
		below := strings.TrimPrefix(name, packagesFolder+"/")
		if below+"@v0" == SchemaModule {
			return fs.SkipDir
		}
		entries, err := fs.ReadDir(project, name)
		if err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return path.Ext(e.Name()) == ".cue" || e.Name() == "cue.mod" }) {
			modules[below+"@v0"] = packagesAlias + "/" + below
			return fs.SkipDir
		}
		return nil
	})
	return modules
}

// Open implements fs.FS.
func (w workspace) Open(name string) (fs.File, error) {
	if rest, ok := below(name, schemaFolder); ok {
		return w.schema.Open(rest)
	}
	if rest, ok := below(name, modulesFolder); ok {
		return w.openStored(rest)
	}
	if rest, ok := below(name, packagesAlias); ok {
		return w.openPackages(rest)
	}
	if _, ok := below(name, packagesFolder); ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	f, err := w.project.Open(name)
	switch {
	case name == moduleFile && err == nil:
		return w.moduleFile(f)
	case name == moduleFile && errors.Is(err, fs.ErrNotExist):
		f, err = w.schema.Open(moduleFile)
		return rewrite(f, []byte(moduleSource("stemma.local/definition", w.modules))), err
	}
	return f, err
}

// openPackages opens a file below cue.mod/pkg. A folder there is a module for the loader, which wants a module file in it.
func (w workspace) openPackages(name string) (fs.File, error) {
	f, err := w.project.Open(path.Join(packagesFolder, name))
	folder, isModuleFile := strings.CutSuffix(name, "/"+moduleFile)
	if !isModuleFile || !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	f, err = w.schema.Open(moduleFile)
	return rewrite(f, []byte(moduleSource(folder+"@v0", nil))), err
}

// openStored opens a file of a module that was read.
func (w workspace) openStored(name string) (fs.File, error) {
	for module, files := range w.stored {
		if rest, ok := below(name, module); ok {
			return files.Open(rest)
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// below returns the path of a file below a folder.
func below(name, folder string) (string, bool) {
	if name == folder {
		return ".", true
	}
	return strings.CutPrefix(name, folder+"/")
}

// moduleFile adds the modules of the workspace to the project's module file. A file that cannot be parsed is left for CUE to report.
func (w workspace) moduleFile(f fs.File) (fs.File, error) {
	source, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	module, err := modfile.Parse(source, moduleFile)
	if err != nil {
		return rewrite(f, source), nil
	}
	if module.Deps == nil {
		module.Deps = map[string]*modfile.Dep{}
	}
	for name := range w.modules {
		if module.Deps[name] == nil {
			module.Deps[name] = &modfile.Dep{Version: schemaVersion}
		}
	}
	source, err = modfile.Format(module)
	return rewrite(f, source), err
}

// moduleSource is the module file of a module that has none.
func moduleSource(name string, dependencies map[string]string) string {
	var source strings.Builder
	fmt.Fprintf(&source, "module: %q\nlanguage: version: %q\n", name, language)
	for _, dependency := range slices.Sorted(maps.Keys(dependencies)) {
		fmt.Fprintf(&source, "deps: %q: v: %q\n", dependency, schemaVersion)
	}
	return source.String()
}
