package packages

import (
	"context"
	"errors"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
)

// readAPK reads the database of installed packages of apk, https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2. The packages are
// those of `apk info -v`.
func readAPK(_ context.Context, files []rootfs.File) ([]Package, error) {
	var packages []Package
	for _, file := range files {
		for fields := range paragraphs(file.Content, "P", "V", "A") {
			if fields[0] == "" {
				return nil, errors.New("it is damaged: a paragraph has no field P")
			}
			packages = append(packages, Package{Name: fields[0], Version: fields[1], Architecture: fields[2]})
		}
	}
	return packages, nil
}
