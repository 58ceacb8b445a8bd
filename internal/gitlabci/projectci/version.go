package projectci

import (
	"strings"

	"golang.org/x/mod/semver"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema"
)

// checkVersions warns of components without a fixed version, and of components of stemma that are older than this program,
// https://docs.gitlab.com/ci/components/#component-versions.
func (p *project) checkVersions(found *diagnostic.List) {
	for _, include := range p.read.Unread {
		if include.Kind != "component" {
			continue
		}
		a := parseAddress(include.Name)
		switch {
		case a.moves():
			found.Warnf(diagnostic.ComponentVersion, include.At, "%s has no fixed version: each change of the component changes this pipeline, without a commit here", diagnostic.Quote(include.Name)).
				WithHint("write a released version, such as @%s, or a commit", a.example()).WithKey(include.Name)
		case a.project == stemma && a.isOld():
			found.Warnf(diagnostic.ComponentVersion, include.At, "%s is older than this stemma, %s", diagnostic.Quote(include.Name), schema.Version).
				WithHint("write @%s", schema.Version).WithKey(include.Name)
		}
	}
}

// moves reports whether the version is the newest release or, as far as its name shows, a branch. A name with a digit may be a tag.
func (a address) moves() bool {
	return a.version == "~latest" || a.version != "" && !strings.ContainsAny(a.version, "0123456789$")
}

// isOld reports whether the version is older than this program. "0" and "0.1" are the newest release that begins so.
func (a address) isOld() bool {
	now := "v" + schema.Version
	switch strings.Count(a.version, ".") {
	case 0:
		now = semver.Major(now)
	case 1:
		now = semver.MajorMinor(now)
	}
	return semver.IsValid("v"+a.version) && semver.Compare("v"+a.version, now) < 0
}

func (a address) example() string {
	if a.project == stemma {
		return schema.Version
	}
	return "1.2.3"
}
