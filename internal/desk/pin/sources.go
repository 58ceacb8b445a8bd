package pin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"gitlab.com/stemma-ci/stemma/compiler/definition"
	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
)

// Commits finds the commit that a source names now.
type Commits interface {
	Commit(ctx context.Context, source definition.Source) (string, error)
}

// Sources returns the pins of these sources, and the changes, sorted by name. In a change the digest is a commit. A pin stays unless
// moves reports true for it. The error names every source that could not be looked up.
func Sources(ctx context.Context, commits Commits, old lock.Lock, sources []definition.Source, moves func(name string) bool) ([]lock.Source, []Change, error) {
	pinned, changes, failures := make([]lock.Source, len(sources)), make([]Change, len(sources)), make([]error, len(sources))
	parallel.Each(len(sources), atOnce, func(i int) {
		name := sources[i].Name()
		before, known := old.Commit(name)
		after := before
		if !known || moves(name) {
			var err error
			if after, err = commits.Commit(ctx, sources[i]); err != nil {
				failures[i] = fmt.Errorf("pin %s: %w", name, err)
			}
		}
		pinned[i] = lock.Source{Name: name, Commit: after}
		changes[i] = Change{Name: name, Before: lock.Sighting{Digest: before}, After: lock.Sighting{Digest: after}}
	})
	if err := errors.Join(failures...); err != nil {
		return nil, nil, err
	}
	for _, entry := range old.Sources {
		if !slices.ContainsFunc(sources, func(s definition.Source) bool { return s.Name() == entry.Name }) {
			changes = append(changes, Change{Name: entry.Name, Before: lock.Sighting{Digest: entry.Commit}})
		}
	}
	slices.SortFunc(pinned, func(a, b lock.Source) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Name, b.Name) })
	return pinned, changes, nil
}
