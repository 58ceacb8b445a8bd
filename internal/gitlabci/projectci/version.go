package projectci

import (
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/ciyaml"
	"gitlab.com/stemma-ci/stemma/schema"
	"gitlab.com/stemma-ci/stemma/templates"
)

// checkVersions warns of components without a fixed version, of components of stemma that are older than this program, and of the
// project's own that are older than its newest git tag,
// https://docs.gitlab.com/ci/components/#component-versions.
func (p *project) checkVersions() {
	for _, include := range p.read.Unread {
		if include.Kind != "component" {
			continue
		}
		a := parseAddress(include.Name)
		switch {
		case a.project == stemma && p.checkComponent(a, include):
		case a.moves():
			p.found.Warnf(diagnostic.ComponentVersion, include.At, "%s has no fixed version: each change of the component changes this pipeline, without a commit here", diagnostic.Quote(include.Name)).
				WithHint("write a released version, such as @%s, or a commit", a.example()).WithKey(include.Name)
		case p.owns(a):
			if newest := p.newest(a); newest != "" {
				p.found.Warnf(diagnostic.ComponentVersion, include.At, "%s is older than the newest git tag, %s", diagnostic.Quote(include.Name), newest).
					WithHint("write @%s, or @%s for the component of the same commit", newest, thisCommit).WithKey(include.Name)
			}
		case a.project == stemma && a.isOld():
			p.found.Warnf(diagnostic.ComponentVersion, include.At, "%s is older than this stemma, %s", diagnostic.Quote(include.Name), schema.Version).
				WithHint("write @%s", schema.Version).WithKey(include.Name)
		}
	}
}

// checkComponent reports a component that stemma does not have. One of another version may exist unless its name looks like a mistake.
func (p *project) checkComponent(a address, include ciyaml.Include) (isReported bool) {
	var names []string
	files, _ := fs.Glob(templates.FS, "*.yml") // the pattern is right
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file, ".yml"))
	}
	meant, isNear := diagnostic.Nearest(a.name, names)
	report := p.found.Warnf
	switch {
	case slices.Contains(names, a.name) || !isNear && a.version != schema.Version:
		return false
	case a.version == schema.Version:
		report = p.found.Errorf
	}
	hint := "its components are " + strings.Join(names, ", ")
	if isNear {
		hint = "write `component: " + strings.Replace(include.Name, "/"+a.name+"@", "/"+meant+"@", 1) + "`"
	}
	report(diagnostic.Pipeline, include.At, "GitLab refuses the pipeline: stemma has no component %s", diagnostic.Quote(a.name)).WithHint("%s", hint).WithKey(include.Name)
	return true
}

// moves reports whether the version is the newest release or, as far as its name shows, a branch. A name with a digit may be a tag.
func (a address) moves() bool {
	return a.version == "~latest" || a.version != "" && !strings.ContainsAny(a.version, "0123456789$")
}

// newest is the newest version among the git tags, without a prefix, if that of a component is older. Versions before a release do not
// count.
func (p Project) newest(a address) string {
	if p.Tags == nil || !semver.IsValid("v"+a.version) {
		return ""
	}
	newest := ""
	for _, tag := range p.Tags() {
		version := "v" + strings.TrimPrefix(tag, "v")
		if semver.IsValid(version) && semver.Prerelease(version) == "" && (newest == "" || semver.Compare(version, newest) > 0) {
			newest = version
		}
	}
	if newest == "" || !a.isOlder(newest) {
		return ""
	}
	return strings.TrimPrefix(newest, "v")
}

// isOld reports whether the version is older than this program.
func (a address) isOld() bool { return a.isOlder("v" + schema.Version) }

// isOlder reports whether the version is older than another one. "0" and "0.1" are the newest release that begins so.
func (a address) isOlder(now string) bool {
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
