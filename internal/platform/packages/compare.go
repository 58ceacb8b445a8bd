package packages

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Change is a difference between the packages of two images.
type Change struct {
	Kind Kind `json:"kind"`
	// Format is that of the database, such as dpkg, and Name that of the package.
	Format string `json:"format"`
	Name   string `json:"name"`
	// Before and After are the package in both images. For an added or removed package, one of them is zero.
	Before Package `json:"before,omitzero"`
	After  Package `json:"after,omitzero"`
}

// Kind says how a package changed.
type Kind string

// Changed is a package with the same version and another architecture, or with a version that is written differently and is as new.
const (
	Added      Kind = "added"
	Removed    Kind = "removed"
	Upgraded   Kind = "upgraded"
	Downgraded Kind = "downgraded"
	Changed    Kind = "changed"
)

// kinds are in the order in which they are shown.
var kinds = []Kind{Added, Removed, Upgraded, Downgraded, Changed}

// Count says how many packages changed, such as "1 added, 2 upgraded"; empty if there are no changes.
func Count(changes []Change) string {
	return terminal.Tally(changes, func(c Change) Kind { return c.Kind }, kinds, func(k Kind) string { return string(k) })
}

// Lines are the changes as lines, such as "+ cargo 1.70", "- gcc 12" and "openssl 3.0.1 → 3.0.2": first the added packages, then the removed
// ones, then the others.
func Lines(changes []Change) []string {
	changes = slices.SortedStableFunc(slices.Values(changes), func(a, b Change) int {
		return cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind))
	})
	lines := make([]string, len(changes))
	for i, change := range changes {
		switch before, after := change.Move(); change.Kind {
		case Added:
			lines[i] = fmt.Sprintf("+ %s %s", change.Name, after)
		case Removed:
			lines[i] = fmt.Sprintf("- %s %s", change.Name, before)
		default:
			lines[i] = fmt.Sprintf("%s %s → %s", change.Name, before, after)
		}
	}
	return lines
}

// Move returns what differs between the package before and after: the versions, or else the architectures, or else dpkg's states.
func (c Change) Move() (before, after string) {
	switch a, b := c.Before, c.After; {
	case a.Version != b.Version:
		return a.Version, b.Version
	case a.Architecture != b.Architecture:
		return a.Architecture, b.Architecture
	default:
		return cmp.Or(a.State, "installed"), cmp.Or(b.State, "installed")
	}
}

// Compare returns the differences between the packages of two images, sorted by format and name. If not all packages of both are known, the
// error says why, and there are no changes. Packages that are removed but for their configuration do not count as installed.
func Compare(before, after Listing) ([]Change, error) {
	if err := errors.Join(before.Unknown(), after.Unknown()); err != nil {
		return nil, err
	}
	old, current := byName(before), byName(after)
	both := maps.Clone(old)
	maps.Copy(both, current)
	names := slices.SortedFunc(maps.Keys(both), func(a, b name) int {
		return cmp.Or(cmp.Compare(a.format, b.format), cmp.Compare(a.name, b.name))
	})
	changes := []Change{}
	for _, name := range names {
		changes = append(changes, name.changes(old[name], current[name])...)
	}
	return changes, nil
}

// name is a name of packages. Several may have it: for several architectures, or in several versions.
type name struct{ format, name string }

func byName(l Listing) map[name][]Package {
	packages := map[name][]Package{}
	for _, database := range l.Databases {
		for _, p := range database.Packages {
			if p.State != "config-files" {
				at := name{database.Format, p.Name}
				packages[at] = append(packages[at], p)
			}
		}
	}
	return packages
}

// changes returns the differences between packages of one name. It pairs those for the same architecture, and those that are the only ones
// left; others were added or removed.
func (n name) changes(before, after []Package) []Change {
	before, after = without(before, after), without(after, before)
	var changes []Change
	for _, isPair := range []func(a, b Package) bool{
		func(a, b Package) bool { return a.Architecture == b.Architecture },
		func(Package, Package) bool { return len(before) == 1 && len(after) == 1 },
	} {
		for _, p := range slices.Clone(before) {
			if i := slices.IndexFunc(after, func(q Package) bool { return isPair(p, q) }); i >= 0 {
				changes = append(changes, n.change(p, after[i]))
				before, after = without(before, []Package{p}), slices.Delete(after, i, i+1)
			}
		}
	}
	for _, p := range before {
		changes = append(changes, Change{Removed, n.format, n.name, p, Package{}})
	}
	for _, p := range after {
		changes = append(changes, Change{Added, n.format, n.name, Package{}, p})
	}
	return changes
}

// without returns the packages that are not among others.
func without(packages, others []Package) []Package {
	return slices.DeleteFunc(slices.Clone(packages), func(p Package) bool { return slices.Contains(others, p) })
}

func (n name) change(before, after Package) Change {
	kind := Changed
	switch compareVersions(n.format, before.Version, after.Version) {
	case -1:
		kind = Upgraded
	case 1:
		kind = Downgraded
	}
	return Change{kind, n.format, n.name, before, after}
}
