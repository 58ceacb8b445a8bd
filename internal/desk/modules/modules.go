// Package modules stores the CUE modules that a project needs in the project, so that it compiles without a network.
package modules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/cue/client"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/platform/network"
	"gitlab.com/stemma-ci/stemma/internal/platform/outside"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/schema"
)

// maxTime is how long all modules together may take.
const maxTime = time.Minute

// Changes are the modules that Lock added to a lock and removed from it, sorted by name.
type Changes struct{ Added, Removed []lock.Module }

// Lock fetches the modules that the project in dir needs and does not have, removes those that it no longer needs, and writes their hashes to
// the lock. It asks no registry if nothing is missing. After an error it has written nothing.
func Lock(ctx context.Context, dir string, environ []string) (Changes, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, outside.Mark(fmt.Errorf("the CUE registry takes longer than %s", maxTime)))
	defer cancel()
	getenv := cli.Lookup(environ)
	tree, err := project.OpenTree(dir, getenv)
	if err != nil {
		return Changes{}, err
	}
	defer tree.Close()
	if err := tree.Lock(ctx); err != nil {
		return Changes{}, err
	}
	var found diagnostic.List
	locked := lock.Load(tree, &found)
	_, err = fs.Stat(tree, client.ModuleFile)
	isModule := !errors.Is(err, fs.ErrNotExist)
	if found.HasErrors() || !isModule && locked.Modules == nil {
		return Changes{}, nil // errors in the lock are reported when the project is opened
	}
	if _, err := network.ParseLimits(getenv(schema.VarTimeouts)); err != nil {
		return Changes{}, cli.UsageError{Err: err}
	}
	var needed []client.Module
	if isModule {
		needed, err = client.NeededModules(ctx, dir, environ)
		if errors.Is(err, client.ErrModuleFile) {
			return Changes{}, nil // opening the project reports it
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return Changes{}, err
		}
	}
	return write(tree, locked, needed)
}

// write writes the archives that are new, removes those that are not needed, and updates the lock.
func write(tree *worktree.Tree, before lock.Lock, needed []client.Module) (Changes, error) {
	var changes []worktree.Change
	locked := before
	locked.Modules = nil
	for _, m := range needed {
		stored := lock.Module{Name: m.Name, Hash: lock.HashOf(m.Archive)}
		locked.Modules = append(locked.Modules, stored)
		if old, err := fs.ReadFile(tree, stored.File()); err != nil || !bytes.Equal(old, m.Archive) {
			changes = append(changes, worktree.Change{Path: stored.File(), Content: m.Archive})
		}
	}
	for _, old := range before.Modules {
		_, err := fs.Stat(tree, old.File())
		if err == nil && !slices.ContainsFunc(locked.Modules, func(m lock.Module) bool { return m.Name == old.Name }) {
			changes = append(changes, worktree.Change{Path: old.File(), Remove: true})
		}
	}
	if content := locked.Print(); !bytes.Equal(content, before.Print()) {
		changes = append(changes, worktree.Change{Path: lock.File, Content: content, Remove: len(content) == 0})
	}
	if changes == nil {
		return Changes{}, nil
	}
	return Changes{Added: without(locked.Modules, before.Modules), Removed: without(before.Modules, locked.Modules)}, tree.Apply(changes)
}

// without returns the modules that are not among the others.
func without(modules, others []lock.Module) []lock.Module {
	return slices.DeleteFunc(slices.Clone(modules), func(m lock.Module) bool { return slices.Contains(others, m) })
}
