// Package modules fetches the CUE modules that a project's module file names.
package modules

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"
	"golang.org/x/mod/semver"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
)

// maxModules is how many modules a project may need.
const maxModules = 200

// Needed returns the modules that a project needs, sorted by name. It asks registries only for those that the project does not have.
func Needed(ctx context.Context, project fs.FS, environ []string) ([]client.Module, error) {
	root, err := fs.ReadFile(project, client.ModuleFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	registry, err := newRegistry(environ)
	if err != nil {
		return nil, err
	}
	s := store{project: project, locked: lock.Load(project, new(diagnostic.List)), registry: registry, zips: map[string][]byte{}}
	versions, err := s.versions(ctx, root)
	if err != nil {
		return nil, err
	}
	var needed []client.Module
	for _, path := range slices.Sorted(maps.Keys(versions)) {
		m, err := module.NewVersion(path, versions[path])
		if err != nil {
			return nil, err
		}
		needed = append(needed, client.Module{Name: m.String(), Archive: s.zips[m.String()]})
	}
	return needed, nil
}

// store has the modules of a project, and those that were fetched.
type store struct {
	project  fs.FS
	locked   lock.Lock
	registry registry
	// zips has the archive of each module, by its name and version.
	zips map[string][]byte
}

// versions returns the version of each module that the project needs, by its path with its major version: the newest version that any module
// file names, as CUE itself chooses, https://cuelang.org/docs/reference/modules/#minimal-version-selection.
func (s *store) versions(ctx context.Context, root []byte) (map[string]string, error) {
	file, err := modfile.Parse(root, client.ModuleFile)
	if err != nil {
		return nil, client.ErrModuleFile
	}
	needed := map[string]string{}
	for queue := []*modfile.File{file}; len(queue) > 0; queue = queue[1:] {
		for _, dependency := range queue[0].DepVersions() {
			if known, ok := needed[dependency.Path()]; dependency.Path() == cuex.SchemaModule || ok && semver.Compare(known, dependency.Version()) >= 0 {
				continue
			}
			if needed[dependency.Path()] = dependency.Version(); len(needed) > maxModules {
				return nil, fmt.Errorf("the modules need more than %d other modules", maxModules)
			}
			next, err := s.moduleFile(ctx, dependency)
			if err != nil {
				return nil, err
			}
			queue = append(queue, next)
		}
	}
	return needed, nil
}

// moduleFile returns the module file of a module, which it fetches if the project does not have it.
func (s *store) moduleFile(ctx context.Context, m module.Version) (*modfile.File, error) {
	zip, err := s.zip(ctx, m)
	var file *modfile.File
	if err == nil {
		file, err = check(m, zip)
	}
	if err != nil {
		return nil, fmt.Errorf("module %s: %w", m, err)
	}
	s.zips[m.String()] = zip
	return file, nil
}

func (s *store) zip(ctx context.Context, m module.Version) ([]byte, error) {
	if zip, err := cuex.ReadModule(s.project, s.locked, m.String()); err == nil {
		return zip, nil
	}
	zip, err := s.registry.fetch(ctx, m)
	i := slices.IndexFunc(s.locked.Modules, func(known lock.Module) bool { return known.Name == m.String() })
	if err == nil && i >= 0 && s.locked.Modules[i].Hash != lock.HashOf(zip) {
		return nil, fmt.Errorf("the registry has another archive than %s names; to accept it, remove the line of the module from %[1]s", lock.File)
	}
	return zip, err
}
