package packages

import (
	"context"
	"fmt"
	"path"

	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// portageName is the name and version of a package, https://projects.gentoo.org/pms/8/pms.html#version-specifications.
var portageName = pattern.Lazy(`^(.+)-([0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*(?:-r[0-9]+)?)$`)

// readPortage reads Portage's database, which has a folder CATEGORY/NAME-VERSION for each package. The packages are those of `qlist -Iv`.
func readPortage(_ context.Context, files []rootfs.File) ([]Package, error) {
	var packages []Package
	for _, file := range files {
		folder := path.Dir(file.Path)
		parts := portageName().FindStringSubmatch(path.Base(folder))
		if parts == nil {
			return nil, fmt.Errorf("it is damaged: /%s has no version", folder)
		}
		packages = append(packages, Package{Name: path.Base(path.Dir(folder)) + "/" + parts[1], Version: parts[2]})
	}
	return packages, nil
}
