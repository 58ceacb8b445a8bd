package packages

import (
	"context"
	"errors"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
)

// readControl reads files in the format of dpkg's status, which opkg has too,
// https://manpages.debian.org/bookworm/dpkg-dev/deb822.5.en.html. The packages are those of `dpkg-query -W`.
func readControl(_ context.Context, files []rootfs.File) ([]Package, error) {
	var packages []Package
	for _, file := range files {
		if strings.HasSuffix(file.Path, ".md5sums") {
			continue // the checksums of a package's files, beside its status in distroless images
		}
		for fields := range paragraphs(file.Content, "Package", "Version", "Architecture", "Status") {
			p := Package{Name: fields[0], Version: fields[1], Architecture: fields[2], State: state(fields[3])}
			if p.Name == "" {
				return nil, errors.New("it is damaged: a paragraph has no field Package")
			}
			if p.State != "not-installed" {
				packages = append(packages, p)
			}
		}
	}
	return packages, nil
}

// state returns the state of a package from its status, such as "install ok installed". Distroless images have none: all packages are
// installed.
func state(status string) string {
	words := strings.Fields(status)
	if len(words) == 0 || words[len(words)-1] == "installed" {
		return ""
	}
	return words[len(words)-1]
}
