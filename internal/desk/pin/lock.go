package pin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lineage"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/ci/prune"
	"gitlab.com/stemma-ci/stemma/internal/cli"
	"gitlab.com/stemma-ci/stemma/internal/desk/modules"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/desk/registries"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
	"gitlab.com/stemma-ci/stemma/internal/platform/worktree"
	"gitlab.com/stemma-ci/stemma/internal/report/terminal"
)

// Request says which pins of a project's lock move.
type Request struct {
	// Update moves the pins of Images, or all pins if Images is empty, to digests that are old enough.
	Update bool
	Images []string
	// Now has images, and parents, whose pins move to the current digest whatever its age.
	Now []string
}

// Open fetches the CUE modules that the definition needs, and opens the project. It returns the changes of modules, which are written already.
func Open(ctx context.Context, dir string, environ []string) (*project.Project, Changes, error) {
	locked, err := modules.Lock(ctx, dir, environ)
	if err != nil {
		return nil, nil, err
	}
	var changes Changes
	for _, m := range locked.Removed {
		changes = append(changes, Change{Name: m.Name, Before: lock.Sighting{Digest: m.Hash}})
	}
	for _, m := range locked.Added {
		changes = append(changes, Change{Name: m.Name, After: lock.Sighting{Digest: m.Hash}})
	}
	p, err := project.Open(ctx, dir, environ)
	return p, changes, err
}

// Lock pins the parents and sources of a project that are not pinned yet, moves the requested pins, and writes the lock file.
func Lock(ctx context.Context, p *project.Project, request Request) (Changes, error) {
	known := lockable(p.Graph)
	moves, err := choose(known, request.Images)
	if err != nil {
		return nil, err
	}
	now, err := choose(known, request.Now)
	if err != nil {
		return nil, err
	}
	age, err := MinimumAge(p)
	if err != nil {
		return nil, err
	}
	policy := Policy{
		Moves: func(name string) bool {
			return request.Update && (len(request.Images) == 0 || slices.Contains(moves, name))
		},
		Now:        func(name string) bool { return slices.Contains(now, name) },
		MinimumAge: age, Time: p.Now(),
	}
	locked, changes, err := Query(ctx, p, policy, func(name string) bool { return policy.Moves(name) || policy.Now(name) })
	if err != nil {
		return nil, err
	}
	return changes, write(p, locked)
}

// Query asks the registries for the digests of a project's parents, and git for the commits of its sources. Sources have no age:
// movesSource alone decides which of their pins move.
func Query(ctx context.Context, p *project.Project, policy Policy, movesSource func(name string) bool) (lock.Lock, Changes, error) {
	registry, err := registries.LoggedIn(p.Getenv)
	if err != nil {
		return lock.Lock{}, nil, err
	}
	parents, err := parentsOf(p)
	if err != nil {
		return lock.Lock{}, nil, err
	}
	locked, changes, err := Update(ctx, registry, p.Lock, parents, policy)
	if err != nil {
		return lock.Lock{}, nil, err
	}
	sources, moved, err := Sources(ctx, remotes{p.Getenv}, p.Lock, p.Graph.Sources(), movesSource)
	if err != nil {
		return lock.Lock{}, nil, err
	}
	locked.Sources = sources
	return locked, append(changes, moved...), nil
}

// parentsOf returns the parents to pin, with the registry of those of other projects.
func parentsOf(p *project.Project) ([]Parent, error) {
	var parents []Parent
	for _, o := range p.Graph.Outside() {
		text := o.Name
		if o.Project.Path != "" {
			host := p.Getenv("CI_REGISTRY")
			if host == "" {
				return nil, cli.Usagef("CI_REGISTRY is not set: it is the registry that has %s, such as registry.gitlab.com", o.Name)
			}
			text = host + "/" + strings.ToLower(o.Project.Path) + "/" + o.Project.Image + ":" + o.Project.Tag.String()
		}
		reference, err := oci.ParseReference(text)
		if err != nil {
			return nil, err
		}
		parents = append(parents, Parent{Name: o.Name, Reference: reference})
	}
	return parents, nil
}

// MinimumAge returns how long a project's lock wants a digest to be known before it is used; 0 without a limit.
func MinimumAge(p *project.Project) (age time.Duration, err error) {
	if p.Definition.Lock.MinimumAge == "" {
		return 0, nil
	}
	return prune.ParseAge(p.Definition.Lock.MinimumAge)
}

// lockable returns everything that can be pinned: parents and sources.
func lockable(graph *lineage.Graph) []lineage.Outside {
	all := graph.Outside()
	for _, source := range graph.Sources() {
		own := lineage.Outside{Name: source.Name()}
		for _, image := range graph.Images {
			if slices.ContainsFunc(image.Sources, func(s lineage.Source) bool { return s.Name() == own.Name }) {
				own.Images = append(own.Images, image.Name)
			}
		}
		all = append(all, own)
	}
	return all
}

// choose returns the names of the pins that are named, or that a named image is built from.
func choose(outside []lineage.Outside, named []string) ([]string, error) {
	var names []string
	for _, name := range named {
		before := len(names)
		var known []string
		for _, o := range outside {
			known = append(append(known, o.Name), o.Images...)
			if o.Name == name || slices.Contains(o.Images, name) {
				names = append(names, o.Name)
			}
		}
		if len(names) == before {
			return nil, cli.Usagef("no image %q is built from anything that can be pinned, and no parent is called that%s", name, diagnostic.DidYouMean(name, known))
		}
	}
	return names, nil
}

// write writes the lock file if it changed, and removes it if nothing is pinned.
func write(p *project.Project, locked lock.Lock) error {
	content := locked.Print()
	if string(p.Source(lock.File)) == string(content) {
		return nil
	}
	return p.Tree.Apply([]worktree.Change{{Path: lock.File, Content: content, Remove: len(content) == 0}})
}

// Changes are the changes of a lock.
type Changes []Change

// Text returns one line for each change.
func (c Changes) Text() string {
	var b strings.Builder
	for _, change := range c {
		if line := change.String(); line != "" {
			b.WriteString(terminal.Line(line) + "\n")
		}
	}
	return b.String()
}

// String describes a change in one line. It is empty if nothing changed.
func (c Change) String() string {
	switch {
	case c.Before == lock.Sighting{}:
		return fmt.Sprintf("%s: pinned to %s", c.Name, Shown(c.After))
	case c.After == lock.Sighting{}:
		if isModule(c.Before) {
			return c.Name + ": no longer pinned, since no module file needs it"
		}
		return c.Name + ": no longer pinned, since no image is made of it"
	case c.Before != c.After:
		return fmt.Sprintf("%s: %s → %s", c.Name, Shown(c.Before), Shown(c.After))
	case c.Newest != lock.Sighting{}:
		return fmt.Sprintf("%s: stays at %s; the registry has %s", c.Name, Shown(c.After), Shown(c.Newest))
	default:
		return ""
	}
}

// Shown returns a digest with the day on which it was first seen, the hash of a CUE module, or the commit of a source.
func Shown(s lock.Sighting) string {
	if isModule(s) {
		return fmt.Sprintf("%.19s…", s.Digest)
	}
	if s.FirstSeen == "" {
		return fmt.Sprintf("the commit %.12s", s.Digest)
	}
	return fmt.Sprintf("%.19s… (first seen %.10s)", s.Digest, s.FirstSeen)
}

// isModule tells the hash of a CUE module from the digest of an image, which was first seen on some day, and from a commit.
func isModule(s lock.Sighting) bool {
	return s.FirstSeen == "" && strings.HasPrefix(s.Digest, "sha256:")
}
