package scratch

import (
	"os"
	"path/filepath"
)

// Secret keeps a secret where programs can read it by a path until the returned function is called: in memory where possible, and else in a
// file of the folder that only this user can read.
func Secret(folder, name string, content []byte) (path string, forget func(), err error) {
	if canShare() {
		if path, forget, err := inMemory(name, content); err == nil {
			return path, forget, nil
		}
	}
	path = filepath.Join(folder, name)
	return path, func() { _ = os.Remove(path) }, os.WriteFile(path, content, 0o600)
}
