// Package pin updates a lock: the digests of a project's external parents, and the commits of its sources.
package pin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gitlab.com/stemma-ci/stemma/compiler/lock"
	"gitlab.com/stemma-ci/stemma/internal/parallel"
	"gitlab.com/stemma-ci/stemma/internal/platform/oci"
)

// Registry answers questions about images.
type Registry interface {
	// Resolve returns the digest of a reference.
	Resolve(ctx context.Context, reference oci.Reference) (oci.Digest, error)
	// Has reports whether a pinned reference can still be pulled.
	Has(ctx context.Context, reference oci.Reference) (bool, error)
}

// Parent is a parent to pin, by its name in the lock.
type Parent struct {
	Name      string
	Reference oci.Reference
}

// Policy says which pins move.
type Policy struct {
	// Moves allows a pin to move to the newest digest that is old enough; Now, to the current digest whatever its age.
	Moves, Now func(name string) bool
	// MinimumAge is how long a digest must have been known.
	MinimumAge time.Duration
	// Time is when the registries are asked.
	Time time.Time
}

// Change is the change of a pin. Before is zero for a new pin, and After for a removed one. Newest is set if the registry has another
// digest than After.
type Change struct {
	Name   string        `json:"name"`
	Before lock.Sighting `json:"before,omitzero"`
	After  lock.Sighting `json:"after,omitzero"`
	Newest lock.Sighting `json:"newest,omitzero"`
}

// Update returns the lock for these parents, after one request for each, and the changes, sorted by name. It drops other entries of the
// lock. The error names every parent that could not be looked up.
func Update(ctx context.Context, registry Registry, old lock.Lock, parents []Parent, policy Policy) (lock.Lock, []Change, error) {
	entries, changes, failures := make([]lock.Entry, len(parents)), make([]Change, len(parents)), make([]error, len(parents))
	parallel.Each(len(parents), atOnce, func(i int) {
		entries[i], changes[i], failures[i] = update(ctx, registry, old, parents[i], policy)
	})
	if err := errors.Join(failures...); err != nil {
		return lock.Lock{}, nil, err
	}
	for _, entry := range old.Entries {
		if !slices.ContainsFunc(parents, func(p Parent) bool { return p.Name == entry.Name }) {
			changes = append(changes, Change{Name: entry.Name, Before: entry.Sighting})
		}
	}
	slices.SortFunc(entries, func(a, b lock.Entry) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Name, b.Name) })
	return lock.Lock{Comment: old.Comment, Entries: entries, Sources: old.Sources, Modules: old.Modules}, changes, nil
}

// atOnce is how many registries are asked at the same time.
const atOnce = 16

func update(ctx context.Context, registry Registry, old lock.Lock, parent Parent, policy Policy) (lock.Entry, Change, error) {
	digest, err := registry.Resolve(ctx, parent.Reference)
	if err != nil {
		return lock.Entry{}, Change{}, fmt.Errorf("pin %s: %w", parent.Name, err)
	}
	present := lock.Sighting{Digest: digest.String(), FirstSeen: policy.Time.UTC().Format(time.RFC3339)}
	entry, known := old.Entry(parent.Name)
	if !known {
		return lock.Entry{Name: parent.Name, Sighting: present}, Change{Name: parent.Name, After: present}, nil
	}
	change := Change{Name: parent.Name, Before: entry.Sighting}
	if present.Digest != entry.Digest && indexOf(entry.Newer, present.Digest) < 0 {
		entry.Newer = append(slices.Clone(entry.Newer), present)
	}
	switch {
	case policy.Now(parent.Name):
		entry = moveTo(entry, present.Digest)
	case policy.Moves(parent.Name):
		if entry, err = moveToOldEnough(ctx, registry, parent, entry, present.Digest, policy); err != nil {
			return lock.Entry{}, Change{}, fmt.Errorf("pin %s: %w", parent.Name, err)
		}
	}
	change.After = entry.Sighting
	if present.Digest != entry.Digest {
		change.Newest = entry.Newer[indexOf(entry.Newer, present.Digest)]
	}
	return entry, change, nil
}

// moveToOldEnough moves an entry to the newest digest that has been known for long enough and can still be pulled.
func moveToOldEnough(ctx context.Context, registry Registry, parent Parent, entry lock.Entry, present string, policy Policy) (lock.Entry, error) {
	for _, sighting := range slices.Backward(entry.Newer) {
		seen, err := time.Parse(time.RFC3339, sighting.FirstSeen)
		if err != nil || policy.Time.Sub(seen) < policy.MinimumAge {
			continue
		}
		if sighting.Digest == present {
			return moveTo(entry, present), nil
		}
		digest, err := oci.ParseDigest(sighting.Digest)
		if err != nil {
			continue
		}
		pullable, err := registry.Has(ctx, parent.Reference.Repository().At(digest))
		if err != nil {
			return entry, err
		}
		if pullable {
			return moveTo(entry, sighting.Digest), nil
		}
	}
	return entry, nil
}

// moveTo moves an entry to a digest that was seen, and drops earlier digests.
func moveTo(entry lock.Entry, digest string) lock.Entry {
	if i := indexOf(entry.Newer, digest); i >= 0 {
		entry.Sighting, entry.Newer = entry.Newer[i], slices.Clone(entry.Newer[i+1:])
	}
	return entry
}

func indexOf(sightings []lock.Sighting, digest string) int {
	return slices.IndexFunc(sightings, func(s lock.Sighting) bool { return s.Digest == digest })
}
