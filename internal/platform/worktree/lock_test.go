package worktree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openTree(t *testing.T, dir string) *Tree {
	t.Helper()
	tree, err := Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func TestOnlyOneTreeHasTheLock(t *testing.T) {
	t.Parallel()
	projects := map[string]func(dir string) error{
		"with git":    func(dir string) error { return os.Mkdir(filepath.Join(dir, ".git"), 0o755) },
		"without git": func(string) error { return nil },
		"whose git folder was left behind": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ".git"), []byte("gitdir: /none\n"), 0o600)
		},
	}
	for name, prepare := range projects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := prepare(dir); err != nil {
				t.Fatal(err)
			}
			first, second := openTree(t, dir), openTree(t, dir)
			if err := first.Lock(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := second.lock(t.Context(), 50*time.Millisecond); !errors.Is(err, errBusy) {
				t.Errorf("the second has the lock too, or another error: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := second.Lock(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled while it waits: %v", err)
			}
			if err := first.Apply([]Change{{Path: "file", Content: []byte("x")}}); err != nil {
				t.Errorf("the tree that has the lock cannot write: %v", err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			if err := second.lock(t.Context(), 50*time.Millisecond); err != nil {
				t.Errorf("after the first: %v", err)
			}
		})
	}
}

func TestChangesAtOnceDoNotMix(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const writers, files = 16, 8
	errs := make([]error, writers)
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			tree, err := Open(dir, "")
			if err != nil {
				errs[writer] = err
				return
			}
			var changes []Change
			for i := range files {
				changes = append(changes, Change{Path: fmt.Sprintf("made/%d", i), Content: fmt.Appendf(nil, "%d", writer)})
			}
			errs[writer] = errors.Join(tree.Apply(changes), tree.Close())
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	found := snapshot(t, dir)
	want := map[string]string{"made/": ""}
	for i := range files {
		want[fmt.Sprintf("made/%d", i)] = found["made/0"]
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAKilledRunLeftIsRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const run = ".stemma-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, name := range []string{"a", ".a" + run + "-new", ".a" + run + "-old", ".gone" + run + "-old", ".a.stemma-newer"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := openTree(t, dir).Apply([]Change{{Path: "a", Content: []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	// of a file that is gone this may be the only copy
	want := map[string]string{"a": "x", ".gone" + run + "-old": "", ".a.stemma-newer": ""}
	if diff := cmp.Diff(want, snapshot(t, dir)); diff != "" {
		t.Error(diff)
	}
}
