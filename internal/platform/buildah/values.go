package buildah

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func jsonList(values []string) string {
	out, err := json.Marshal(values)
	if err != nil {
		return "[]" // unreachable: only text is encoded
	}
	return string(out)
}

// readID reads the id of an image that buildah wrote to a file.
func readID(file string) (string, error) {
	id, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("find the built image: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}
