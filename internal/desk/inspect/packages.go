package inspect

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/desk/target"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/packages"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// PackagesQuestion asks for the packages of an image, or for the differences between two images.
type PackagesQuestion struct {
	// Images are one or two references, or names of images of the project.
	Images []string
	target.Named
	// Platform chooses the image of an index; it may be empty.
	Platform string
	Getenv   func(string) string
}

// PackageAnswer is what is known. Failure is an error that says which packages are unknown, and why: the text does not.
type PackageAnswer interface {
	Text() string
	Failure() error
}

// AskPackages answers a question about packages: for one image it lists them, and for two the changes.
func AskPackages(ctx context.Context, q PackagesQuestion) (PackageAnswer, error) {
	if os, architecture, ok := strings.Cut(q.Platform, "/"); q.Platform != "" && (!ok || os == "" || architecture == "") {
		return nil, cli.Usagef("--platform is %q; it is an operating system and an architecture, such as linux/arm64", q.Platform)
	}
	var references []oci.Reference
	for _, image := range q.Images {
		reference, err := q.Reference(image)
		if err != nil {
			return nil, err
		}
		references = append(references, reference)
	}
	registry, err := registries.LoggedIn(q.Getenv)
	if err != nil {
		return nil, err
	}
	reader := packages.NewReader(registry)
	var listings []packages.Listing
	for _, reference := range references {
		listing, err := reader.List(ctx, reference, q.Platform)
		if err != nil {
			return nil, err
		}
		listings = append(listings, listing)
	}
	if len(listings) == 1 {
		return packageList{listings[0]}, nil
	}
	changes, err := packages.Compare(listings[0], listings[1])
	arrow := " -> "
	if terminal.IsUTF8(q.Getenv) {
		arrow = " → "
	}
	return packageChanges{listings[0], listings[1], changes, err, arrow}, nil
}

// packageList has the packages of one image.
type packageList struct{ packages.Listing }

// Text returns a table for each database. No name or version controls the terminal.
func (l packageList) Text() string {
	parts := []string{heading(l.Listing)}
	for _, database := range l.Databases {
		var rows [][]string
		for _, p := range database.Packages {
			rows = append(rows, []string{p.Name, p.Version, p.Architecture, p.State})
		}
		parts = append(parts, describe(database)+terminal.Table(rows))
	}
	return strings.Join(parts, "\n")
}

// Failure implements PackageAnswer.
func (l packageList) Failure() error { return l.Unknown() }

// packageChanges has the differences between the packages of two images. Changes is nil if they are unknown.
type packageChanges struct {
	Before  packages.Listing  `json:"before"`
	After   packages.Listing  `json:"after"`
	Changes []packages.Change `json:"changes"`
	unknown error
	// arrow is between an old and a new version.
	arrow string
}

// Text returns a table, and how many packages changed.
func (c packageChanges) Text() string {
	images := "before  " + heading(c.Before) + "after   " + heading(c.After) + "\n"
	if c.unknown != nil {
		return images + "Not all packages are known, so no changes are listed.\n"
	}
	var rows [][]string
	for _, change := range c.Changes {
		rows = append(rows, []string{string(change.Kind), change.Name, c.between(change.Before.Version, change.After.Version), c.between(change.Before.Architecture, change.After.Architecture)})
	}
	return images + terminal.Table(rows) + cmp.Or(packages.Count(c.Changes), "No packages differ") + ".\n"
}

// Failure implements PackageAnswer.
func (c packageChanges) Failure() error { return c.unknown }

// between is a text, or two that differ.
func (c packageChanges) between(before, after string) string {
	if before == after || before == "" || after == "" {
		return cmp.Or(before, after)
	}
	return before + c.arrow + after
}

// heading describes an image.
func heading(l packages.Listing) string {
	text := l.Image + " " + cmp.Or(l.Platform, "(no platform)")
	if l.Distribution != "" {
		text += " " + l.Distribution
	}
	switch {
	case l.Problem != "":
		text += ": unknown packages"
	case len(l.Databases) == 0:
		text += ": no database of packages"
	}
	return terminal.Line(text) + "\n"
}

func describe(d packages.Database) string {
	if d.Problem != "" {
		return fmt.Sprintf("%s in /%s: unknown packages\n", d.Format, d.Path)
	}
	return fmt.Sprintf("%s in /%s: %d packages\n", d.Format, d.Path, len(d.Packages))
}
