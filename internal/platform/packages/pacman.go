package packages

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
)

// readPacman reads pacman's descriptions, one file for each package: a name such as %VERSION% and its value on the next line,
// https://man.archlinux.org/man/alpm-db-desc.5. The packages are those of `pacman -Q`.
func readPacman(_ context.Context, files []rootfs.File) ([]Package, error) {
	var packages []Package
	for _, file := range files {
		values, name := map[string]string{}, ""
		for line := range bytes.Lines(file.Content) {
			text := strings.TrimSpace(string(line))
			switch {
			case strings.HasPrefix(text, "%"):
				name = text
			case name != "":
				values[name], name = text, ""
			}
		}
		if values["%NAME%"] == "" {
			return nil, fmt.Errorf("it is damaged: /%s has no %%NAME%%", file.Path)
		}
		packages = append(packages, Package{Name: values["%NAME%"], Version: values["%VERSION%"], Architecture: values["%ARCH%"]})
	}
	return packages, nil
}
