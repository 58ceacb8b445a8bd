package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// patience is how long a command waits for another one that writes to the project. Ten thousand images compile in a few seconds.
const patience = time.Minute

// pause is the time between two attempts to lock.
const pause = 20 * time.Millisecond

// lockResult is the result of an attempt to lock.
type lockResult uint8

const (
	locked lockResult = iota
	// busy says that another process has the lock.
	busy
	// unsupported says that there are no locks of folders here.
	unsupported
)

// errBusy says that another process has the lock.
var errBusy = errors.New("another stemma command is writing to the project: wait until it ends, or end it, and try again")

// Lock keeps the other commands that write to the project waiting until the tree is closed. It waits a minute for one that has the lock.
// On a file system or a machine without locks of folders there is nothing to wait for.
func (t *Tree) Lock(ctx context.Context) error { return t.lock(ctx, patience) }

func (t *Tree) lock(ctx context.Context, most time.Duration) error {
	folder, err := t.lockedFolder()
	if err != nil {
		return fmt.Errorf("lock the project: %w", err)
	}
	ctx, stop := context.WithTimeoutCause(ctx, most, errBusy)
	defer stop()
	for {
		result, err := tryLock(folder)
		switch {
		case err != nil:
			return errors.Join(fmt.Errorf("lock the project: %w", err), folder.Close())
		case result != busy:
			t.locked, t.isAlone = folder, result == locked
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), folder.Close())
		case <-time.After(pause):
		}
	}
}

// lockedFolder is git's, or the project's where there is no git: `flock . stemma compile` locks the latter itself.
func (t *Tree) lockedFolder() (*os.File, error) {
	if found, err := findGit(t.dir); err == nil && found.gitDir != "" {
		if folder, err := os.Open(found.gitDir); err == nil {
			return folder, nil
		}
	}
	return t.root.Open(".")
}

// unlock ends the lock, which the folder has while it is open.
func (t *Tree) unlock() error {
	if t.locked == nil {
		return nil
	}
	folder := t.locked
	t.locked, t.isAlone = nil, false
	return folder.Close()
}

// leftover matches the names that step.fresh and step.backup give. In older versions they were the same in every run.
var leftover = pattern.Lazy(`^\.(.+)\.stemma-(?:[A-Z0-9]{26}-)?(new|old)$`)

// sweep removes what a killed command left beside the files to change. A file of which only the old content is left stays. Without a
// lock they may be those of a command that runs.
func (t *Tree) sweep(changes []Change) {
	if !t.isAlone {
		return
	}
	seen := map[string]bool{}
	for _, change := range changes {
		folder := path.Dir(change.Path)
		if seen[folder] {
			continue
		}
		seen[folder] = true
		entries, _ := t.fsys.ReadDir(folder) // a folder that is not there has no leftovers
		for _, entry := range entries {
			if found := leftover().FindStringSubmatch(entry.Name()); found != nil && (found[2] == "new" || t.exists(path.Join(folder, found[1]))) {
				_ = t.root.Remove(path.Join(folder, entry.Name()))
			}
		}
	}
}

func (t *Tree) exists(name string) bool {
	_, err := t.fsys.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
