// Package packages lists the packages that are installed in an image, from the layers alone: no container is started. It reads the databases
// of dpkg, apk, rpm, pacman, xbps, Portage and opkg.
//
// A Reader lists the packages of an image, and Compare returns what differs between two lists:
//
//	reader := packages.NewReader(registry)
//	before, err := reader.List(ctx, old, "")
//	after, err := reader.List(ctx, current, "")
//	changes, err := packages.Compare(before, after)
package packages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/rootfs"
)

// Listing has the packages of an image.
type Listing struct {
	// Image is the image by its digest; of an index, the image for Platform, which is "os/arch" or "os/arch/variant"; empty if it names none.
	Image    string `json:"image"`
	Platform string `json:"platform"`
	// Distribution is what the image calls itself; empty if it does not say.
	Distribution string `json:"distribution,omitempty"`
	// Databases are sorted by path. An image from scratch has none.
	Databases []Database `json:"databases"`
	// Problem says why packages are unknown although no database is. See Unknown.
	Problem string `json:"problem,omitempty"`
}

// Database is a database of packages in an image.
type Database struct {
	// Format is the program that the database belongs to, such as dpkg, and Path the file or folder in the image.
	Format string `json:"format"`
	Path   string `json:"path"`
	// Packages are sorted by name, architecture and version.
	Packages []Package `json:"packages"`
	// Problem says why the packages are unknown; empty if they are known.
	Problem string `json:"problem,omitempty"`
}

// Package is an installed package.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Architecture is in the words of the distribution, such as amd64 or x86_64; empty where the database has none.
	Architecture string `json:"architecture,omitempty"`
	// State is empty for an installed package. Otherwise it is dpkg's, such as config-files for a removed package whose configuration is
	// left: https://manpages.debian.org/bookworm/dpkg/dpkg.1.en.html#Package_states.
	State string `json:"state,omitempty"`
}

// tells reports whether a database has packages, or a reason why they are unknown. Debian has an empty one of rpm if the program is installed.
func (d Database) tells() bool { return len(d.Packages) > 0 || d.Problem != "" }

// Unknown is an error that says which packages of the image are not known, and why; nil if all are known.
func (l Listing) Unknown() error {
	isAnyKnown := slices.ContainsFunc(l.Databases, func(database Database) bool { return len(database.Packages) > 0 })
	switch problems := l.problems(); {
	case problems == "":
		return nil
	case isAnyKnown:
		return fmt.Errorf("not all packages of %s are known: %s", l.Image, problems)
	default:
		return fmt.Errorf("the packages of %s are unknown: %s", l.Image, problems)
	}
}

// problems are the reasons why packages are unknown; empty if all are known.
func (l Listing) problems() string {
	var reasons []string
	if l.Problem != "" {
		reasons = append(reasons, l.Problem)
	}
	for _, database := range l.Databases {
		if database.Problem != "" {
			reasons = append(reasons, fmt.Sprintf("/%s: %s", database.Path, database.Problem))
		}
	}
	return strings.Join(reasons, "; ")
}

// Reader lists the packages of images. It reads a layer that several images share once. It may be used by several goroutines.
type Reader struct {
	registry *oci.Client
	files    *rootfs.Reader
}

// NewReader returns a reader of images in registries.
func NewReader(registry *oci.Client) *Reader {
	return &Reader{registry: registry, files: rootfs.NewReader()}
}

// List returns the packages of an image. The platform, "os/arch", chooses the image of an index; if it is empty, it is Linux on this machine's
// processor, or else the first. The error is oci.ErrNotFound if there is no such image. It names the layer that cannot be read.
func (r *Reader) List(ctx context.Context, image oci.Reference, platform string) (Listing, error) {
	contents, err := r.registry.Contents(ctx, image, platform)
	if err != nil {
		return Listing{}, err
	}
	files, err := r.files.Find(ctx, &contents, contents.Layers, patterns())
	if err != nil {
		return Listing{}, fmt.Errorf("list the packages of %s: %w", image, err)
	}
	listing := list(ctx, files)
	listing.Image, listing.Platform = contents.Reference.String(), strings.Trim(contents.Platform, "/")
	return listing, nil
}

// builtMemory is how many bytes the databases of an image may have that was just built, with those in lower layers: its job may have
// little memory.
const builtMemory = 128 << 20

// ListBuilt returns the packages of an image that was just built, from the uncompressed layers on this machine. The listing names no image.
// The error says why packages are unknown, or that the context ended.
func ListBuilt(ctx context.Context, image oci.Image) (Listing, error) {
	layers, err := image.Layers()
	if err != nil {
		return Listing{}, err
	}
	files, err := rootfs.NewSmallReader(builtMemory).Find(ctx, image, layers, patterns())
	if err != nil {
		return Listing{}, cmp.Or(context.Cause(ctx), err)
	}
	listing := list(ctx, files)
	if problems := listing.problems(); problems != "" {
		return Listing{}, cmp.Or(context.Cause(ctx), errors.New(problems))
	}
	return listing, nil
}

// patterns are those of all files that tell about packages.
func patterns() []string {
	list := slices.Clone(releaseFiles)
	for _, format := range formats {
		list = append(list, format.pattern)
	}
	for _, folder := range rpmFolders {
		list = append(list, path.Join(folder, rpmFiles[0]+journal))
	}
	return list
}

// list returns what files tell.
func list(ctx context.Context, files []rootfs.File) Listing {
	listing := Listing{Distribution: distribution(files), Databases: []Database{}}
	isSystem := false
	for _, format := range formats {
		if matching := format.matching(files); len(matching) > 0 {
			listing.Databases = append(listing.Databases, format.database(ctx, matching))
		}
	}
	for _, file := range files {
		isSystem = isSystem || slices.Contains(releaseFiles, file.Path)
	}
	switch {
	case len(listing.Databases) == 0 && isSystem:
		listing.Problem = "it has no database of packages that stemma can read"
	case len(listing.Databases) > 0 && !slices.ContainsFunc(listing.Databases, Database.tells):
		listing.Problem = "its database of packages is empty"
	}
	slices.SortStableFunc(listing.Databases, func(a, b Database) int { return cmp.Compare(a.Path, b.Path) })
	return listing
}

// format is a kind of database.
type format struct {
	// name is that of the program.
	name string
	// pattern matches the files, or the folder of a database that stemma cannot read.
	pattern string
	// read returns the packages of all files of the database; nil if stemma cannot.
	read func(ctx context.Context, files []rootfs.File) ([]Package, error)
}

// formats are all kinds of databases, and where they are.
var formats = slices.Concat(rpmFormats(), []format{
	{"dpkg", "var/lib/dpkg/status", readControl},
	{"dpkg", "var/lib/dpkg/status.d/*", readControl}, // distroless
	{"opkg", "usr/lib/opkg/status", readControl},
	{"opkg", "var/lib/opkg/status", readControl},
	{"apk", "lib/apk/db/installed", readAPK},
	{"apk", "usr/lib/apk/db/installed", readAPK},
	{"pacman", "var/lib/pacman/local/*/desc", readPacman},
	{"xbps", "var/db/xbps/pkgdb-0.38.plist", readXBPS},
	{"portage", "var/db/pkg/*/*/PF", readPortage},
	{"eopkg", "var/lib/eopkg/package/", nil},
	{"guix", "gnu/store/", nil},
	{"nix", "nix/store/", nil},
	{"pkgtools", "var/lib/pkgtools/packages/", nil},
	{"pkgtools", "var/log/packages/", nil},
	{"pkgutils", "var/lib/pkg/db", nil},
	{"swupd", "usr/share/clear/bundles/", nil},
})

func (f format) matching(files []rootfs.File) []rootfs.File {
	var matching []rootfs.File
	for _, file := range files {
		if ok, _ := path.Match(strings.TrimSuffix(f.pattern, "/"), file.Path); ok {
			matching = append(matching, file)
		}
	}
	if len(matching) > 0 {
		if i := slices.IndexFunc(files, func(file rootfs.File) bool { return file.Path == f.pattern+journal }); i >= 0 {
			matching = append(matching, files[i])
		}
	}
	return matching
}

// database reads the files of a database.
func (f format) database(ctx context.Context, files []rootfs.File) Database {
	where, _, _ := strings.Cut(f.pattern, "/*")
	database := Database{Format: f.name, Path: strings.TrimSuffix(where, "/"), Packages: []Package{}}
	if f.read == nil {
		database.Problem = "stemma cannot read the packages of " + f.name
		return database
	}
	packages, err := f.read(ctx, files)
	if err != nil {
		database.Problem = err.Error()
		return database
	}
	slices.SortFunc(packages, compare)
	database.Packages = append(database.Packages, packages...)
	return database
}

func compare(a, b Package) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.Version, b.Version))
}
