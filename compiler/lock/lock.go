// Package lock reads and prints stemma.lock: the digests of the parents that live outside of a project, and the commits of its
// sources.
package lock

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/schema/pattern"
)

// File is the lock's name, beside the definition.
const File = "stemma.lock"

// Lock is what is pinned, sorted by name: parents to digests, and sources to commits.
type Lock struct {
	// Comment is above all entries; lines without "# ".
	Comment string
	Entries []Entry
	// Sources are the commits of other projects' files, sorted by name.
	Sources []Source
	// Modules are the CUE modules in the project, sorted by name.
	Modules []Module
}

// Module is a CUE module that is stored in the project.
type Module struct {
	// Name has the version: "corp.example/policy@v1.2.0". Hash is that of the module's archive, "sha256:…".
	Name, Hash string
}

// File is the file of a project with the module's archive.
func (m Module) File() string { return ".stemma/modules/" + m.Name + ".zip" }

// HashOf is the hash of the archive of a module.
func HashOf(archive []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(archive)) }

// Source is the commit that the files of another project are taken from.
type Source struct {
	// Name says where they are and which they are: "group/project@main", "https://example.org/project.git@v1".
	Name, Commit string
	Span         diagnostic.Span
}

// Entry is a parent that is pinned.
type Entry struct {
	// Name is the parent as images name it: "docker.io/library/debian:trixie-slim", or "group/project/image:latest" for an
	// image of another project.
	Name string
	// Sighting is the digest that is used.
	Sighting
	// Newer are digests that the name has had since, the oldest first.
	Newer []Sighting
	// Comment is above the entry; lines without "# ".
	Comment string
	Span    diagnostic.Span
}

// Sighting is a digest, "sha256:…", and when it was first seen, in UTC: "2026-11-20T00:00:00Z".
type Sighting struct {
	Digest    string `json:"digest"`
	FirstSeen string `json:"firstSeen"`
}

var (
	namePattern   = pattern.Lazy(`^[A-Za-z0-9][A-Za-z0-9._/:-]*$`)
	sourcePattern = pattern.Lazy(`^(https?://)?[A-Za-z0-9_.][A-Za-z0-9._/:~+-]*@[A-Za-z0-9_][A-Za-z0-9_./-]*$`)
	modulePattern = pattern.Lazy(`^[a-z0-9][a-z0-9._-]*(/[a-z0-9_][a-z0-9._-]*)*@v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$`)
	commitPattern = pattern.Lazy(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	momentPattern = pattern.Lazy(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

// Digest returns the digest that a parent is pinned to.
func (l Lock) Digest(name string) (string, bool) {
	entry, ok := l.Entry(name)
	return entry.Digest, ok
}

// Commit returns the commit that a source is pinned to.
func (l Lock) Commit(name string) (string, bool) {
	i, ok := slices.BinarySearchFunc(l.Sources, name, func(s Source, name string) int { return cmp.Compare(s.Name, name) })
	if !ok {
		return "", false
	}
	return l.Sources[i].Commit, true
}

// Entry returns the entry of a parent.
func (l Lock) Entry(name string) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(l.Entries, name, func(e Entry, name string) int { return cmp.Compare(e.Name, name) })
	if !ok {
		return Entry{}, false
	}
	return l.Entries[i], true
}

// Print returns the lock as YAML; nothing for one without entries.
func (l Lock) Print() []byte {
	if len(l.Entries)+len(l.Sources)+len(l.Modules) == 0 {
		return nil
	}
	var b strings.Builder
	printComment(&b, cmp.Or(l.Comment, "What lives outside of this project, pinned. `stemma lock` keeps this file; commit it."), "")
	b.WriteString("version: 1\n")
	if len(l.Entries) > 0 {
		b.WriteString("parents:\n")
	}
	for _, entry := range l.Entries {
		printComment(&b, entry.Comment, "  ")
		fmt.Fprintf(&b, "  %s:\n    digest: %s\n    firstSeen: %s\n", quoted(entry.Name), entry.Digest, entry.FirstSeen)
		if len(entry.Newer) > 0 {
			b.WriteString("    newer:\n")
		}
		for _, sighting := range entry.Newer {
			fmt.Fprintf(&b, "      - {digest: %s, firstSeen: %s}\n", quoted(sighting.Digest), quoted(sighting.FirstSeen))
		}
	}
	if len(l.Sources) > 0 {
		b.WriteString("sources:\n")
	}
	for _, source := range l.Sources {
		fmt.Fprintf(&b, "  %s: %s\n", quoted(source.Name), quoted(source.Commit))
	}
	if len(l.Modules) > 0 {
		b.WriteString("modules:\n")
	}
	for _, module := range l.Modules {
		fmt.Fprintf(&b, "  %s: %s\n", quoted(module.Name), quoted(module.Hash))
	}
	return []byte(b.String())
}

// quoted is a name that may hold a colon.
func quoted(text string) string { return `"` + text + `"` }

func printComment(b *strings.Builder, comment, indent string) {
	if comment == "" {
		return
	}
	for line := range strings.SplitSeq(comment, "\n") {
		b.WriteString(strings.TrimRight(indent+"# "+line, " ") + "\n")
	}
}
