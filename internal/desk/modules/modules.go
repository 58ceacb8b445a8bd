// Package modules fetches the CUE modules that a project's module file names, and stores them in the project, so that it compiles without a
// network.
package modules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"
	"golang.org/x/mod/semver"

	"gitlab.com/stemma-ci/stemma/compiler/cuex"
	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
)

const (
	moduleFile = "cue.mod/module.cue"
	// maxTime is how long all modules together may take, and maxModules how many there may be.
	maxTime    = time.Minute
	maxModules = 200
)

// Changes are the modules that Lock added to a lock and removed from it, sorted by name.
type Changes struct{ Added, Removed []lock.Module }

// Lock fetches the modules that the project in dir needs and does not have, removes those that it no longer needs, and writes their hashes to
// the lock. It asks no registry if nothing is missing. After an error it has written nothing.
func Lock(ctx context.Context, dir string, environ []string) (Changes, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, fmt.Errorf("the CUE registry takes longer than %s", maxTime))
	defer cancel()
	tree, err := project.OpenTree(dir, cli.Lookup(environ))
	if err != nil {
		return Changes{}, err
	}
	defer tree.Close()
	if err := tree.Lock(ctx); err != nil {
		return Changes{}, err
	}
	var found diagnostic.List
	locked := lock.Load(tree, &found)
	root, err := fs.ReadFile(tree, moduleFile)
	if found.HasErrors() || errors.Is(err, fs.ErrNotExist) && locked.Modules == nil {
		return Changes{}, nil // errors in the lock are reported when the project is opened
	}
	client, clientErr := newClient(environ)
	if clientErr != nil {
		return Changes{}, clientErr
	}
	s := store{tree: tree, locked: locked, client: client, zips: map[string][]byte{}}
	needed := map[string]string{}
	if err == nil {
		needed, err = s.needed(ctx, root)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	var changes Changes
	if err == nil {
		changes, err = s.write(needed)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return changes, err
}

// store has the modules of a project, and those that were fetched.
type store struct {
	tree   *worktree.Tree
	locked lock.Lock
	client client
	// zips has the archive of each module, by its name and version.
	zips map[string][]byte
}

// needed returns the version of each module that the project needs, by its path with its major version: the newest version that any module
// file names, as CUE itself chooses, https://cuelang.org/docs/reference/modules/#minimal-version-selection.
func (s *store) needed(ctx context.Context, root []byte) (map[string]string, error) {
	file, err := modfile.Parse(root, moduleFile)
	if err != nil {
		return nil, nil //nolint:nilerr // CUE reports it when the definition is evaluated
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
	if zip, err := cuex.ReadModule(s.tree, s.locked, m.String()); err == nil {
		return zip, nil
	}
	zip, err := s.client.fetch(ctx, m)
	i := slices.IndexFunc(s.locked.Modules, func(known lock.Module) bool { return known.Name == m.String() })
	if err == nil && i >= 0 && s.locked.Modules[i].Hash != lock.HashOf(zip) {
		return nil, fmt.Errorf("the registry has another archive than %s names; to accept it, remove the line of the module from %[1]s", lock.File)
	}
	return zip, err
}

// write writes the archives that are new, removes those that are not needed, and updates the lock.
func (s *store) write(needed map[string]string) (Changes, error) {
	var changes []worktree.Change
	locked := s.locked
	locked.Modules = nil
	for _, path := range slices.Sorted(maps.Keys(needed)) {
		m, err := module.NewVersion(path, needed[path])
		if err != nil {
			return Changes{}, err
		}
		zip := s.zips[m.String()]
		locked.Modules = append(locked.Modules, lock.Module{Name: m.String(), Hash: lock.HashOf(zip)})
		if old, err := fs.ReadFile(s.tree, cuex.ModuleFile(m.String())); err != nil || !bytes.Equal(old, zip) {
			changes = append(changes, worktree.Change{Path: cuex.ModuleFile(m.String()), Content: zip})
		}
	}
	for _, old := range s.locked.Modules {
		_, err := fs.Stat(s.tree, cuex.ModuleFile(old.Name))
		if err == nil && !slices.ContainsFunc(locked.Modules, func(m lock.Module) bool { return m.Name == old.Name }) {
			changes = append(changes, worktree.Change{Path: cuex.ModuleFile(old.Name), Remove: true})
		}
	}
	if content := locked.Print(); !bytes.Equal(content, s.locked.Print()) {
		changes = append(changes, worktree.Change{Path: lock.File, Content: content, Remove: len(content) == 0})
	}
	if changes == nil {
		return Changes{}, nil
	}
	return Changes{Added: without(locked.Modules, s.locked.Modules), Removed: without(s.locked.Modules, locked.Modules)}, s.tree.Apply(changes)
}

// without returns the modules that are not among the others.
func without(modules, others []lock.Module) []lock.Module {
	return slices.DeleteFunc(slices.Clone(modules), func(m lock.Module) bool { return slices.Contains(others, m) })
}
