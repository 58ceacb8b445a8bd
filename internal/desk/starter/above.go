package starter

import (
	"fmt"
	"os"
	"path/filepath"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
)

// definitionAbove is the definition in a folder above one, in the same repository, as a path from there; or empty.
func definitionAbove(dir string) (string, error) {
	folder, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	nearest, way := "", ""
	for !exists(filepath.Join(folder, ".git")) {
		above := filepath.Dir(folder)
		if above == folder {
			return "", nil // it is in no repository
		}
		folder, way = above, filepath.Join(way, "..")
		for _, file := range []string{definition.CUEFile, definition.YAMLFile} {
			if nearest == "" && exists(filepath.Join(folder, file)) {
				nearest = filepath.ToSlash(filepath.Join(way, file))
			}
		}
	}
	return nearest, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
