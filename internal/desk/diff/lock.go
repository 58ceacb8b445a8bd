package diff

import "gitlab.com/stemma-ci/stemma/compiler/lock"

// lockChanges compares what is pinned. It also returns the pins that exist on both sides, with whole hashes.
func lockChanges(old, new lock.Lock) (changes []Change, moved []Input) {
	changes = []Change{}
	for _, change := range compareEach(pins(old), pins(new)) {
		if change.Old != "" && change.New != "" {
			moved = append(moved, Input{change.Key, change.Move})
		}
		change.Move = Move{shortHash(change.Old), shortHash(change.New)}
		changes = append(changes, change)
	}
	return changes, moved
}

func pins(l lock.Lock) map[string]any {
	all := map[string]any{}
	for _, entry := range l.Entries {
		all[entry.Name] = entry.Digest
	}
	for _, source := range l.Sources {
		all[source.Name] = source.Commit
	}
	for _, module := range l.Modules {
		all[module.Name] = module.Hash
	}
	return all
}
