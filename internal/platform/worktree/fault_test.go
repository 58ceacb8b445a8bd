package worktree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errFault = errors.New("injected fault")

// faulty fails once, at the nth call that changes something; it knows no links where noLinks is set.
type faulty struct {
	disk
	n       int
	noLinks bool
}

func (f *faulty) fails() error {
	if f.n--; f.n == 0 {
		return errFault
	}
	return nil
}

func (f *faulty) WriteFile(name string, content []byte, mode fs.FileMode) error {
	if err := f.fails(); err != nil {
		return errors.Join(err, f.disk.WriteFile(name, content[:len(content)/2], mode))
	}
	return f.disk.WriteFile(name, content, mode)
}

func (f *faulty) MkdirAll(name string, mode fs.FileMode) error {
	return errors.Join(f.fails(), f.disk.MkdirAll(name, mode))
}

func (f *faulty) Link(old, new string) error {
	if f.noLinks {
		return errors.ErrUnsupported
	}
	return f.disk.Link(old, new)
}

func (f *faulty) Rename(old, new string) error {
	if err := f.fails(); err != nil {
		return err
	}
	return f.disk.Rename(old, new)
}

func TestAFaultAtAnyStepChangesNothing(t *testing.T) {
	t.Parallel()
	changes := []Change{
		{Path: "changed", Content: []byte("new")},
		{Path: "gone", Remove: true},
		{Path: "made/deep/file", Content: []byte("new")},
		{Path: "made/other", Content: []byte("new")},
		{Path: "same", Content: []byte("same")},
		{Path: "last", Content: []byte("new")},
	}
	for _, noLinks := range []bool{false, true} {
		t.Run(fmt.Sprintf("noLinks=%v", noLinks), func(t *testing.T) {
			t.Parallel()
			n := 1
			for ; applyWithFault(t, changes, n, noLinks); n++ {
			}
			if n < 8 {
				t.Errorf("only %d faults were tried", n-1)
			}
		})
	}
}

// applyWithFault reports whether the nth call was reached and failed.
func applyWithFault(t *testing.T, changes []Change, n int, noLinks bool) bool {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"changed", "gone", "same", "last"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	before := snapshot(t, dir)
	err = apply(&faulty{disk: root, n: n, noLinks: noLinks}, changes)
	switch after := snapshot(t, dir); {
	case err == nil:
		want := map[string]string{"changed": "new", "made/": "", "made/deep/": "", "made/deep/file": "new", "made/other": "new", "same": "same", "last": "new"}
		if diff := cmp.Diff(want, after); diff != "" {
			t.Errorf("without a fault: %s", diff)
		}
		return false
	case !errors.Is(err, errFault):
		t.Errorf("fault %d: %v", n, err)
	default:
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("fault %d left: %s", n, diff)
		}
	}
	return true
}

// snapshot holds all files with their content, and folders with a slash behind their names.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		below, err := filepath.Rel(dir, name)
		if err != nil || entry.IsDir() {
			found[below+"/"] = ""
			return err
		}
		content, err := os.ReadFile(name)
		found[below] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
