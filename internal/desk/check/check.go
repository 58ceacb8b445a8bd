// Package check looks for mistakes around a definition: in the committed files, the project's pipeline, and the pins.
package check

import (
	"context"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/diagnostic"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/desk/pin"
	"gitlab.com/stemma-ci/stemma/internal/desk/project"
	"gitlab.com/stemma-ci/stemma/internal/gitlabci/projectci"
)

// Run adds what it finds to the project's findings. Only with isOnline it asks the registries about the pins.
func Run(ctx context.Context, p *project.Project, isOnline bool) error {
	p.Compare(true)
	if p.Files != nil {
		if err := p.ReportUntracked(ctx); err != nil {
			return err
		}
		folder, err := p.Tree.Folder()
		if err != nil {
			return err
		}
		if err := projectci.Check(projectci.Project{Tree: p.Tree, Definition: p.Definition, Compiled: p.Pipeline, IsTop: folder == "."}, &p.Found); err != nil {
			return err
		}
		projectci.CheckPath(p.Definition, p.Getenv, &p.Found)
	}
	if !isOnline || p.Found.HasErrors() {
		return nil
	}
	return reportOutdated(ctx, p)
}

// reportOutdated warns of parents that have another digest in their registry than in the lock, and of sources with newer commits.
func reportOutdated(ctx context.Context, p *project.Project) error {
	nothing, all := func(string) bool { return false }, func(string) bool { return true }
	_, changes, err := pin.Query(ctx, p, pin.Policy{Moves: nothing, Now: nothing, Time: p.Now()}, all)
	if err != nil {
		return err
	}
	for _, change := range changes {
		var found *diagnostic.Diagnostic
		if entry, isParent := p.Lock.Entry(change.Name); isParent && change.Newest != (lock.Sighting{}) {
			found = p.Found.Warnf(diagnostic.Lock, entry.Span, "%s is pinned to %s, and the registry has %s", change.Name, pin.Shown(change.After), pin.Shown(change.Newest))
		}
		i := slices.IndexFunc(p.Lock.Sources, func(s lock.Source) bool { return s.Name == change.Name })
		if i >= 0 && change.After.Digest != "" && change.Before != change.After {
			found = p.Found.Warnf(diagnostic.Lock, p.Lock.Sources[i].Span, "%s is pinned to %s, and is at %s now", change.Name, pin.Shown(change.Before), pin.Shown(change.After))
		}
		if found != nil {
			found.WithHint("`stemma lock --update` moves it").WithKey(change.Name)
		}
	}
	return nil
}
